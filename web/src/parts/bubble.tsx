// A text as a message in WhatsApp: its marks become bold, italic, struck through and fixed width.

import type { ReactNode } from "react";
import classes from "./bubble.module.css";
import { type Piece, piecesOf } from "./whatsapp-text";

export function Bubble({ text }: { text: string }) {
  return (
    <div className={classes.bubble} dir="auto">
      {shown(piecesOf(text))}
    </div>
  );
}

const elements = { bold: "strong", italic: "em", strike: "s", mono: "code" } as const;

function shown(pieces: Piece[]): ReactNode {
  return pieces.map((piece, index) => {
    switch (piece.kind) {
      case "text":
        return piece.text;
      case "link":
        return (
          <a key={index} href={piece.href} target="_blank" rel="noreferrer">
            {piece.text}
          </a>
        );
      case "styled": {
        const Element = elements[piece.style];
        return <Element key={index}>{shown(piece.pieces)}</Element>;
      }
    }
  });
}
