//! The parts of the TypeScript declaration that no procedure gives: its head, and the four types
//! that the User API has published (`docs/wire/user-api.md`, Type Definitions).

pub(super) const HEADER: &str = "\
// The API of a Herald server, for @trpc/client 11 with the superjson transformer.
// Made by `herald typescript`; not meant to be edited.
";

pub(super) const TYPES: &str = "\
export type SessionStatusResponse = {
  status: string; // \"WORKING\" | \"SCAN_QR_CODE\" | \"STOPPED\" | etc.
};

export type SessionQRResponse = {
  qr: string; // Base64-encoded image
};

export type WhatsAppGroup = {
  groupId: string;
  groupName: string;
};

export type WhatsAppContact = {
  groupId: string; // Contact ID
  groupName: string; // Contact name
  number: string;
  isContact: boolean;
};
";
