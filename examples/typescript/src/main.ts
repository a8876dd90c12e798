// Signs in, links a WhatsApp account if none is linked, and lists its groups.
import { writeFile } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import { createTRPCClient, httpBatchLink } from "@trpc/client";
import superjson from "superjson";
import type { AppRouter } from "./herald.js";

const { HERALD_URL = "http://127.0.0.1:3210", HERALD_EMAIL, HERALD_PASSWORD } = process.env;

/** What a user can mend is told in one line. */
function stop(reason: string): never {
  console.error(reason);
  process.exit(1);
}
if (!HERALD_EMAIL || !HERALD_PASSWORD) stop("Set HERALD_EMAIL and HERALD_PASSWORD.");

/** Signs in; the cookie goes with every later call. */
async function signIn(email: string, password: string): Promise<string> {
  const answer = await fetch(`${HERALD_URL}/api/auth/sign-in/email`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: HERALD_URL },
    body: JSON.stringify({ email, password }),
  });
  if (!answer.ok) stop(`Cannot sign in: ${(await answer.json()).message}`);
  return answer.headers.getSetCookie().map((cookie) => cookie.split(";")[0]).join("; ");
}

const cookie = await signIn(HERALD_EMAIL, HERALD_PASSWORD);
const trpc = createTRPCClient<AppRouter>({
  links: [httpBatchLink({ url: `${HERALD_URL}/api/trpc`, transformer: superjson, headers: { cookie } })],
});

/** Links the account: writes the QR code to a file until somebody has scanned it. */
async function link(): Promise<string> {
  const { sessionName } = await trpc.user.initiateWhatsAppSession.mutate();
  let shown = "";
  for (;;) {
    const { status, cause } = await trpc.user.getSessionStatus.query({ sessionName });
    if (status === "WORKING") return sessionName;
    if (status === "FAILED") stop(`${cause} Run the program again.`);
    if (status === "SCAN_QR_CODE") {
      // The status may have moved on since it was read: then there is no code, and the next round sees why.
      const { qr } = await trpc.user.getSessionQR.query({ sessionName }).catch(() => ({ qr: shown }));
      if (qr !== shown) {
        await writeFile("qr.png", qr, "base64");
        console.log("Scan qr.png with the phone: WhatsApp, Linked devices, Link a device.");
        shown = qr;
      }
    }
    await wait(500);
  }
}

const sessionName = await link();
const session = await trpc.user.getWhatsAppSession.query();
console.log(`Linked since ${session?.createdAt.toISOString()}.`);

let cursor: number | undefined = 0;
while (cursor !== undefined) {
  const page: Awaited<ReturnType<typeof trpc.user.getWhatsAppGroups.query>> =
    await trpc.user.getWhatsAppGroups.query({ sessionName, limit: 100, cursor });
  for (const group of page.items) console.log(`${group.groupId}  ${group.groupName}`);
  cursor = page.nextCursor;
}
