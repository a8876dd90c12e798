// Reads WhatsApp's marks: *bold* _italic_ ~strike~ `code` ```fixed width```, and addresses.

export type Style = "bold" | "italic" | "strike" | "mono";

export type Piece =
  | { kind: "text"; text: string }
  | { kind: "link"; text: string; href: string }
  | { kind: "styled"; style: Style; pieces: Piece[] };

const STYLES: Record<string, Style> = { "*": "bold", _: "italic", "~": "strike", "```": "mono", "`": "mono" };

export const MARKS: Record<Style, string> = { bold: "*", italic: "_", strike: "~", mono: "```" };

/** A letter or digit: beside one, a mark is a mark no more. */
const WORD = /[\p{L}\p{N}]/u;
const ADDRESS = /(?:https?:\/\/|www\.)[^\s<>]*[^\s<>.,;:!?'")\]}*_~`]/giu;

/** The text in pieces, as WhatsApp shows it. */
export function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = [];
  let plain = "";
  let at = 0;
  const flush = () => {
    pieces.push(...withLinks(plain));
    plain = "";
  };
  while (at < text.length) {
    const address = addressAt(text, at);
    if (address) {
      plain += address;
      at += address.length;
      continue;
    }
    const mark = text.startsWith("```", at) ? "```" : (text[at] ?? "");
    const style = STYLES[mark];
    const end = style ? endOf(text, at, mark) : -1;
    if (!style || end < 0) {
      plain += mark;
      at += mark.length;
      continue;
    }
    flush();
    const inner = text.slice(at + mark.length, end);
    pieces.push({ kind: "styled", style, pieces: style === "mono" ? [{ kind: "text", text: inner }] : piecesOf(inner) });
    at = end + mark.length;
  }
  flush();
  return pieces;
}

/** An address is one whole: marks in it are none. */
function addressAt(text: string, at: number): string | null {
  if (text[at] !== "h" && text[at] !== "H" && text[at] !== "w" && text[at] !== "W") return null;
  if (WORD.test(text[at - 1] ?? "")) return null;
  ADDRESS.lastIndex = at;
  const found = ADDRESS.exec(text);
  return found?.index === at ? found[0] : null;
}

/** Where the mark that begins at a place is closed; -1 where it marks nothing. */
function endOf(text: string, at: number, mark: string): number {
  const begin = at + mark.length;
  if (mark !== "```" && (WORD.test(text[at - 1] ?? "") || /\s/u.test(text[begin] ?? " "))) return -1;
  const line = mark === "```" ? -1 : text.indexOf("\n", begin);
  const limit = line < 0 ? text.length : line;
  for (let end = text.indexOf(mark, begin); end >= 0 && end < limit; end = text.indexOf(mark, end + 1)) {
    if (end === begin) continue;
    if (mark === "```") return text.slice(begin, end).trim() ? end : -1;
    if (!/\s/u.test(text[end - 1] ?? " ") && !WORD.test(text[end + mark.length] ?? "")) return end;
  }
  return -1;
}

function withLinks(text: string): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  ADDRESS.lastIndex = 0;
  for (const found of text.matchAll(ADDRESS)) {
    if (WORD.test(text[found.index - 1] ?? "")) continue;
    if (found.index > from) pieces.push({ kind: "text", text: text.slice(from, found.index) });
    const [address] = found;
    pieces.push({ kind: "link", text: address, href: /^www/iu.test(address) ? `https://${address}` : address });
    from = found.index + address.length;
  }
  if (from < text.length) pieces.push({ kind: "text", text: text.slice(from) });
  return pieces;
}
