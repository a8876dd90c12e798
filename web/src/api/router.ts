// The API of a Herald server, for @trpc/client 11 with the superjson transformer.
// Made by `herald typescript`; not meant to be edited.

import type {
  TRPCBuiltRouter,
  TRPCDefaultErrorData,
  TRPCMutationProcedure,
  TRPCQueryProcedure,
  TRPC_ERROR_CODE_NUMBER,
} from "@trpc/server";

type Query<I, O> = TRPCQueryProcedure<{ meta: object; input: I; output: O }>;
type Mutation<I, O> = TRPCMutationProcedure<{ meta: object; input: I; output: O }>;

export interface ZodFlattened {
  formErrors: string[];
  fieldErrors: Record<string, string[] | undefined>;
}

export interface AppErrorShape {
  message: string;
  code: TRPC_ERROR_CODE_NUMBER;
  data: TRPCDefaultErrorData & { zodError: ZodFlattened | null };
}

type Root = { ctx: object; meta: object; errorShape: AppErrorShape; transformer: true };

/** `Y` is what `onData` gets. */
type Subscription<I, Y> = import("@trpc/server").TRPCSubscriptionProcedure<{
  meta: object;
  input: I;
  output: AsyncIterable<Y, never, any>;
}>;

/**
 * An account as an administrator sees it.
 */
export interface Account {
  id: string;
  name: string;
  email: string;
  role: "ADMIN" | "USER" | "GUEST";
  createdAt: Date;
}

/**
 * What the phone does.
 */
export interface ActInput {
  action: "scan" | "lose" | "restore" | "unlink";
}

/**
 * Whether it was done.
 */
export interface Acted {
  /**
   * False where it made no sense: no code is shown, nothing was lost.
   */
  done: boolean;
}

/**
 * A person on a list.
 */
export interface ContactItem {
  /**
   * `…@c.us`.
   */
  groupId: string;
  /**
   * The saved name, else the name they gave themselves, else the number.
   */
  groupName: string;
  /**
   * Digits of the phone number.
   */
  number: string;
  /**
   * Always true.
   */
  isContact: boolean;
  /**
   * Whether they are in the phone's address book, where the engine tells.
   */
  isSaved?: boolean;
}

/**
 * A page of a session's contacts.
 */
export interface ContactsInput {
  /**
   * The session's name.
   */
  sessionName: string;
  /**
   * How many; a page holds 1000 at most.
   */
  limit?: number | undefined;
  /**
   * The previous page's nextCursor.
   */
  cursor?: number | undefined;
  /**
   * Parts of names or of the number, in any order.
   */
  search?: string | undefined;
  asOf?: Date | undefined;
}

/**
 * How the session's groups and contacts are kept.
 */
export interface DirectoryStatus {
  /**
   * How many groups are listed.
   */
  groups: number;
  /**
   * How many contacts are listed.
   */
  contacts: number;
  /**
   * How many people more are known, but not their phone numbers.
   */
  withoutNumber: number;
  /**
   * When they were last read from WhatsApp; null before the first time.
   */
  syncedAt: Date | null;
  /**
   * Whether they are being read now.
   */
  syncing: boolean;
  /**
   * How far the reading has come, in percent, while they are being read.
   */
  progress?: number;
  /**
   * Why the last reading failed, in words; what was known before stays.
   */
  error?: string;
}

/**
 * Whether a reading was begun.
 */
export interface DirectorySync {
  /**
   * False when one runs already, or has just run.
   */
  started: boolean;
}

/**
 * A list as a table.
 */
export interface Export {
  /**
   * RFC 4180, with a line of headings.
   */
  csv: string;
}

/**
 * A list to export.
 */
export interface ExportInput {
  /**
   * The session's name.
   */
  sessionName: string;
  /**
   * Which list.
   */
  list: "groups" | "contacts";
}

/**
 * An active campaign of a group.
 */
export interface GroupCampaign {
  id: string;
  status: string;
  startDate: Date;
}

/**
 * A group on a list.
 */
export interface GroupItem {
  /**
   * `…@g.us`.
   */
  groupId: string;
  /**
   * Its name; the id where it has none.
   */
  groupName: string;
  /**
   * How many people are in it, where the engine tells.
   */
  members?: number;
  /**
   * Whether its admins alone may send, where the engine tells.
   */
  adminsOnly?: boolean;
  /**
   * Whether this account is one of its admins, where the engine tells.
   */
  isAdmin?: boolean;
  /**
   * Whether this account is still in it, where the engine tells; who has left is not offered it.
   */
  isMember?: boolean;
}

/**
 * A page of a session's groups.
 */
export interface GroupsInput {
  /**
   * The session's name.
   */
  sessionName: string;
  /**
   * How many; a page holds 1000 at most.
   */
  limit?: number | undefined;
  /**
   * The previous page's nextCursor.
   */
  cursor?: number | undefined;
  /**
   * Parts of the name, in any order.
   */
  search?: string | undefined;
  asOf?: Date | undefined;
}

/**
 * The session to go on with.
 */
export interface InitiatedSession {
  sessionName: string;
  id: string;
}

/**
 * All that a page shows of its user.
 */
export interface Live {
  account: LiveAccount;
  /**
   * Null while there is none, and for a GUEST.
   */
  session: LiveSession | null;
  /**
   * Null while there is no session.
   */
  directory: LiveDirectory | null;
  /**
   * How many people wait for approval; null for who may not know.
   */
  pending: number | null;
}

/**
 * Who is signed in.
 */
export interface LiveAccount {
  id: string;
  name: string;
  email: string;
  role: "ADMIN" | "USER" | "GUEST";
}

/**
 * How the groups and contacts are kept.
 */
export interface LiveDirectory {
  groups: number;
  contacts: number;
  /**
   * How many people more are known, but not their phone numbers.
   */
  withoutNumber: number;
  /**
   * When they were last read from WhatsApp; null before the first time.
   */
  syncedAt: Date | null;
  /**
   * Whether they are being read now.
   */
  syncing: boolean;
  /**
   * How far that has come, in percent.
   */
  progress: number | null;
  /**
   * Why the last reading failed, in words.
   */
  error: string | null;
}

/**
 * What changed, with its whole state.
 */
export type LiveEvent = { "type": "snapshot" } & Live | { "type": "account", 
/**
 * As it is now.
 */
account: LiveAccount, } | { "type": "session", 
/**
 * As it is now; null while there is none.
 */
session: LiveSession | null, } | { "type": "directory", 
/**
 * As they are kept now; null while there is no session.
 */
directory: LiveDirectory | null, } | { "type": "pending", 
/**
 * How many; null for who may not know.
 */
pending: number | null, };

/**
 * A WhatsApp session as it was last seen.
 */
export interface LiveSession {
  id: string;
  sessionName: string;
  /**
   * Empty until it is known.
   */
  phoneNumber: string;
  /**
   * WAHA's words; an open set.
   */
  status: string;
  /**
   * Why it failed, in words.
   */
  cause: string | null;
  /**
   * When the status became what it is.
   */
  since: Date;
  /**
   * Since when it has worked without having to be linked anew.
   */
  linkedAt: Date | null;
  /**
   * The code to scan now, a PNG in base64; null while none is shown.
   */
  qr: string | null;
}

/**
 * A page of a list. It is full unless the list ends.
 */
export interface Page<T> {
  /**
   * The entries.
   */
  items: Array<T>;
  /**
   * Where the next page starts; undefined at the end.
   */
  nextCursor: number | undefined;
  /**
   * Never told, as published.
   */
  total: undefined;
  /**
   * How many entries fit in all.
   */
  matches: number;
}

/**
 * What a page may know before anybody has signed in.
 */
export interface ServerInfo {
  /**
   * Herald's version.
   */
  version: string;
  /**
   * What speaks to WhatsApp: `waha`, or `simulated`, from which nothing reaches it.
   */
  engine: string;
  /**
   * Nobody is an administrator yet: the terminal shows a link that makes the first one.
   */
  setUpNeeded: boolean;
}

/**
 * A group that a campaign of the session uses.
 */
export interface SessionGroup {
  id: string;
  groupName: string;
  groupId: string;
  sessionId: string;
  createdAt: Date;
  updatedAt: Date;
  campaigns: Array<GroupCampaign>;
}

/**
 * A session by its name.
 */
export interface SessionInput {
  /**
   * Its name, as getWhatsAppSession tells it.
   */
  sessionName: string;
}

/**
 * A phone number for a session.
 */
export interface SessionPhoneInput {
  /**
   * The session's id.
   */
  id: string;
  phoneNumber: string;
}

/**
 * The picture to scan.
 */
export interface SessionQr {
  /**
   * A PNG in base64, without a `data:` prefix.
   */
  qr: string;
}

/**
 * What the engine sees of a session.
 */
export interface SessionStatus {
  /**
   * WAHA's words; an open set.
   */
  status: string;
  /**
   * Why, in words, when the session failed or the engine cannot be asked.
   */
  cause?: string;
  /**
   * When the status became what it is.
   */
  since?: Date;
}

/**
 * It is done.
 */
export interface Success {
  success: boolean;
}

/**
 * An account.
 */
export interface UserIdInput {
  /**
   * Its id.
   */
  userId: string;
}

/**
 * The caller's WhatsApp session.
 */
export interface WhatsAppSession {
  id: string;
  sessionName: string;
  /**
   * Empty until it is known.
   */
  phoneNumber: string;
  userId: string;
  createdAt: Date;
  updatedAt: Date;
  /**
   * The groups that a campaign uses.
   */
  WhatsAppGroups: Array<SessionGroup>;
}

export type SessionStatusResponse = {
  status: string; // "WORKING" | "SCAN_QR_CODE" | "STOPPED" | etc.
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

type Procedures = {
  system: {
    ping: Query<void, string>;
    getServer: Query<void, ServerInfo>;
  };
  user: {
    getWhatsAppSession: Query<void, WhatsAppSession | null>;
    initiateWhatsAppSession: Mutation<void, InitiatedSession>;
    getSessionStatus: Query<SessionInput, SessionStatus>;
    getSessionQR: Query<SessionInput, SessionQr>;
    restartSession: Mutation<SessionInput, Success>;
    updateSessionPhone: Mutation<SessionPhoneInput, Success>;
    logoutSession: Mutation<SessionInput, Success>;
    getWhatsAppGroups: Query<GroupsInput, Page<GroupItem>>;
    getWhatsAppContacts: Query<ContactsInput, Page<ContactItem>>;
    getDirectoryStatus: Query<SessionInput, DirectoryStatus>;
    syncDirectory: Mutation<SessionInput, DirectorySync>;
    exportDirectory: Query<ExportInput, Export>;
    onEvents: Subscription<void, LiveEvent>;
  };
  simulated: {
    act: Mutation<ActInput, Acted>;
  };
  admin: {
    getPendingUsers: Query<void, Array<Account>>;
    approveUser: Mutation<UserIdInput, Account>;
  };
};

export type AppRouter = TRPCBuiltRouter<Root, Procedures>;
