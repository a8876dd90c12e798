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
   * A part of a name or number.
   */
  search?: string | undefined;
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
   * A part of the name.
   */
  search?: string | undefined;
}

/**
 * The session to go on with.
 */
export interface InitiatedSession {
  sessionName: string;
  id: string;
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
   * Never known.
   */
  total: undefined;
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
  };
  admin: {
    getPendingUsers: Query<void, Array<Account>>;
    approveUser: Mutation<UserIdInput, Account>;
  };
};

export type AppRouter = TRPCBuiltRouter<Root, Procedures>;
