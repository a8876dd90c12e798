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
  /**
   * answer the next message.
   */
  action: "scan" | "lose" | "restore" | "unlink" | "loseAnswer";
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
 * A campaign's messages by what became of them. Planned is the sum of all others.
 */
export interface CampaignBooks {
  planned: number;
  scheduled: number;
  sending: number;
  sent: number;
  failed: number;
  unknown: number;
  skipped: number;
  cancelled: number;
}

/**
 * The campaign that was made or changed.
 */
export interface CampaignDone {
  success: boolean;
  campaignId: string;
}

/**
 * A table.
 */
export interface CampaignExport {
  /**
   * RFC 4180, with a line of headings.
   */
  csv: string;
}

/**
 * The chat that a campaign is listed under.
 */
export interface CampaignGroup {
  id: string;
  groupName: string;
  groupId: string;
}

/**
 * A campaign by its id.
 */
export interface CampaignInput {
  /**
   * Which.
   */
  campaignId: string;
}

/**
 * A campaign.
 */
export interface CampaignItem {
  id: string;
  title: string | null;
  targetAmount: string | null;
  /**
   * The first day at the message's time.
   */
  startDate: Date;
  /**
   * The last day at the message's time.
   */
  endDate: Date;
  /**
   * The same as startDate.
   */
  sendTimeUtc: Date;
  timeZone: string;
  template: string;
  status: "DRAFT" | "SCHEDULED" | "IN_PROGRESS" | "PAUSED" | "COMPLETED" | "CANCELLED" | "FAILED";
  createdAt: Date;
  isRecurring: boolean;
  recurrence: "DAILY" | "WEEKLY" | "SEMI_MONTHLY" | "MONTHLY" | "SEMI_ANNUALLY" | "ANNUALLY";
  group: CampaignGroup;
  /**
   * The first day, as a civil date in the time zone.
   */
  startDay: string;
  /**
   * The last day, as a civil date in the time zone.
   */
  endDay: string;
  /**
   * The time of the day in the time zone.
   */
  messageTime: string;
  isFreeForm: boolean;
  /**
   * Whether asterisks part the text; null is the original's rule.
   */
  sequence: boolean | null;
  audienceType: "groups" | "individuals";
  /**
   * Whether it was made with recipients: its text may have every variable.
   */
  hasRecipients: boolean;
  lateMinutes: number;
  sessionId: string;
  /**
   * How many groups and people it goes to.
   */
  recipients: number;
  /**
   * When it, or one of its messages, changed last.
   */
  updatedAt: Date;
  /**
   * Why it pauses; null where its owner paused it.
   */
  pauseReason: string | null;
  books: CampaignBooks;
  /**
   * When its next message leaves.
   */
  nextAt: Date | null;
  /**
   * What that one waits for besides its time: completes "waiting for …".
   */
  waitingFor: string | null;
}

/**
 * A message with what became of it.
 */
export interface CampaignMessage {
  id: string;
  chatId: string;
  name: string | null;
  content: string;
  scheduledAt: Date;
  sentAt: Date | null;
  deliveredAt: Date | null;
  readAt: Date | null;
  status: "scheduled" | "sending" | "sent" | "failed" | "unknown" | "skipped" | "cancelled";
  /**
   * Why it is what it is, for each that is not sent.
   */
  reason: string | null;
  attempts: number;
}

/**
 * A page of messages.
 */
export interface CampaignMessages {
  items: Array<CampaignMessage>;
  /**
   * Where the next page begins; null after the last.
   */
  nextCursor: number | null;
}

/**
 * A page of a campaign's messages.
 */
export interface CampaignMessagesInput {
  /**
   * Which.
   */
  campaignId: string;
  /**
   * Only those.
   */
  status?: "scheduled" | "sending" | "sent" | "failed" | "unknown" | "skipped" | "cancelled" | undefined;
  /**
   * How many; a page holds 1000 at most.
   */
  limit?: number | undefined;
  /**
   * The previous page's nextCursor.
   */
  cursor?: number | undefined;
}

/**
 * What a campaign would come to.
 */
export interface CampaignPreview {
  occurrences: Array<PreviewOccurrence>;
  /**
   * How many messages it has.
   */
  messages: number;
  /**
   * When the last of them leaves; null if some never do.
   */
  finishesAt: Date | null;
  /**
   * What its owner should know, in sentences.
   */
  warnings: Array<string>;
}

/**
 * Whom a campaign goes to.
 */
export interface CampaignRecipient {
  chatId: string;
  name: string | null;
}

/**
 * Which campaigns to list.
 */
export interface CampaignsInput {
  /**
   * Whether their messages come along.
   */
  messages?: boolean | undefined;
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
 * A new campaign.
 */
export interface CreateCampaignInput {
  /**
   * The chat that it goes to; with recipients it is not needed.
   */
  groupId?: string | undefined;
  /**
   * That chat's name.
   */
  groupName?: string | undefined;
  /**
   * Everybody it goes to: groups and people.
   */
  recipients?: RecipientInput[] | undefined;
  /**
   * The session's id.
   */
  sessionId: string;
  /**
   * Stands in the header.
   */
  title?: string | undefined;
  /**
   * Stands in the header.
   */
  targetAmount?: string | undefined;
  /**
   * The first day, as an ISO date.
   */
  startDate: string;
  /**
   * The last day, as an ISO date.
   */
  endDate: string;
  /**
   * The time of the day: 9:05.
   */
  messageTime: string;
  /**
   * An IANA name.
   */
  timeZone?: string | undefined;
  /**
   * The text.
   */
  messageTemplate: string;
  /**
   * Without the header.
   */
  isFreeForm?: boolean | undefined;
  /**
   * Whether recurrence counts; if not, there is a message a day.
   */
  isRecurring?: boolean | undefined;
  /**
   * How often.
   */
  recurrence?: "DAILY" | "WEEKLY" | "SEMI_MONTHLY" | "MONTHLY" | "SEMI_ANNUALLY" | "ANNUALLY" | undefined;
  /**
   * Who it is for.
   */
  audienceType?: "groups" | "individuals" | undefined;
  sequence?: boolean | undefined;
  /**
   * For how long a message may be held up.
   */
  lateMinutes?: number | undefined;
  requestId?: string | undefined;
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
 * What is switched off or on again.
 */
export interface KillSwitchInput {
  /**
   * What it is over.
   */
  scope: "server" | "user" | "session";
  /**
   * Which user or session.
   */
  id?: string | undefined;
  /**
   * True stops all sending there.
   */
  on: boolean;
  /**
   * Shown to those who wait.
   */
  reason?: string | undefined;
}

/**
 * A switch that is thrown.
 */
export interface KillSwitchItem {
  scope: "server" | "user" | "session";
  /**
   * Of which; null for the server.
   */
  id: string | null;
  reason: string | null;
  since: Date;
}

/**
 * A limit.
 */
export interface LimitItem {
  name: string;
  /**
   * What is in force.
   */
  value: number;
  /**
   * What a new server has.
   */
  default: number;
  /**
   * The laxest value that is taken.
   */
  ceiling: number;
  unit: string;
}

/**
 * A campaign in a list.
 */
export interface ListedCampaign {
  /**
   * By time; empty where they were not asked for.
   */
  messages: Array<ListedMessage>;
  id: string;
  title: string | null;
  targetAmount: string | null;
  /**
   * The first day at the message's time.
   */
  startDate: Date;
  /**
   * The last day at the message's time.
   */
  endDate: Date;
  /**
   * The same as startDate.
   */
  sendTimeUtc: Date;
  timeZone: string;
  template: string;
  status: "DRAFT" | "SCHEDULED" | "IN_PROGRESS" | "PAUSED" | "COMPLETED" | "CANCELLED" | "FAILED";
  createdAt: Date;
  isRecurring: boolean;
  recurrence: "DAILY" | "WEEKLY" | "SEMI_MONTHLY" | "MONTHLY" | "SEMI_ANNUALLY" | "ANNUALLY";
  group: CampaignGroup;
  /**
   * The first day, as a civil date in the time zone.
   */
  startDay: string;
  /**
   * The last day, as a civil date in the time zone.
   */
  endDay: string;
  /**
   * The time of the day in the time zone.
   */
  messageTime: string;
  isFreeForm: boolean;
  /**
   * Whether asterisks part the text; null is the original's rule.
   */
  sequence: boolean | null;
  audienceType: "groups" | "individuals";
  /**
   * Whether it was made with recipients: its text may have every variable.
   */
  hasRecipients: boolean;
  lateMinutes: number;
  sessionId: string;
  /**
   * How many groups and people it goes to.
   */
  recipients: number;
  /**
   * When it, or one of its messages, changed last.
   */
  updatedAt: Date;
  /**
   * Why it pauses; null where its owner paused it.
   */
  pauseReason: string | null;
  books: CampaignBooks;
  /**
   * When its next message leaves.
   */
  nextAt: Date | null;
  /**
   * What that one waits for besides its time: completes "waiting for …".
   */
  waitingFor: string | null;
}

/**
 * A message in a list.
 */
export interface ListedMessage {
  id: string;
  content: string;
  scheduledAt: Date;
  sentAt: Date | null;
  isSent: boolean;
  /**
   * Failed, unknown or skipped.
   */
  isFailed: boolean;
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
   * Those that are under way, the newest first; none for a GUEST.
   */
  campaigns: Array<LiveCampaign>;
  /**
   * When one of all the user's campaigns, or a message of it, changed last.
   */
  campaignsChangedAt: Date | null;
  /**
   * What switches sending off; null where it is on.
   */
  sendingOff: LiveSwitch | null;
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
 * A campaign that is under way.
 */
export interface LiveCampaign {
  id: string;
  status: "DRAFT" | "SCHEDULED" | "IN_PROGRESS" | "PAUSED";
  /**
   * Why it pauses; null where its owner paused it.
   */
  pauseReason: string | null;
  books: CampaignBooks;
  /**
   * When its next message leaves.
   */
  nextAt: Date | null;
  /**
   * What that one waits for besides its time: completes "waiting for …".
   */
  waitingFor: string | null;
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
directory: LiveDirectory | null, } | { "type": "campaigns", 
/**
 * As they are now, the newest first.
 */
campaigns: Array<LiveCampaign>, 
/**
 * When one of all the user's campaigns, or a message of it, changed last.
 */
changedAt: Date | null, } | { "type": "sendingOff", 
/**
 * By what; null where it is on.
 */
sendingOff: LiveSwitch | null, } | { "type": "pending", 
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
 * A switch that stops all sending.
 */
export interface LiveSwitch {
  scope: "server" | "user" | "session";
  reason: string | null;
  /**
   * Whether an admin threw it: then its user cannot take it back.
   */
  byAdmin: boolean;
  since: Date;
}

/**
 * Whether one's own account sends nothing.
 */
export interface OwnKillSwitchInput {
  /**
   * True stops all sending.
   */
  on: boolean;
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
 * One time at which a campaign sends.
 */
export interface PreviewOccurrence {
  scheduledAt: Date;
  /**
   * What the clock shows there then.
   */
  local: string;
  /**
   * How far that clock is from UTC.
   */
  offset: string;
  /**
   * Whether a change of the clock met it.
   */
  shift: "gap" | "overlap" | null;
  /**
   * The text that its first recipient gets.
   */
  content: string;
}

/**
 * Somebody, or a group, that a campaign goes to.
 */
export interface RecipientInput {
  /**
   * WhatsApp's id: `…@g.us`, `…@c.us` or `…@lid`.
   */
  chatId: string;
  /**
   * The name that stands in texts.
   */
  name?: string | undefined;
}

/**
 * What a message of which nobody knows is settled as.
 */
export interface ResolveInput {
  /**
   * Which.
   */
  messageId: string;
  /**
   * It went out; it is to be sent again; it did not, and is not to be.
   */
  as: "sent" | "resend" | "failed";
}

/**
 * A text to try.
 */
export interface SendTestInput {
  /**
   * The session's id.
   */
  sessionId: string;
  /**
   * The text.
   */
  messageTemplate: string;
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
 * A campaign as it is to be.
 */
export interface UpdateCampaignInput {
  /**
   * Which.
   */
  campaignId: string;
  /**
   * Everybody it goes to; left out, they stay.
   */
  recipients?: RecipientInput[] | undefined;
  /**
   * Stands in the header; left out, there is none.
   */
  title?: string | undefined;
  /**
   * Stands in the header; left out, there is none.
   */
  targetAmount?: string | undefined;
  /**
   * The first day, as an ISO date.
   */
  startDate: string;
  /**
   * The last day, as an ISO date.
   */
  endDate: string;
  /**
   * The time of the day: 9:05.
   */
  messageTime: string;
  /**
   * An IANA name.
   */
  timeZone?: string | undefined;
  /**
   * The text.
   */
  messageTemplate: string;
  /**
   * Without the header; left out, as it was.
   */
  isFreeForm?: boolean | undefined;
  /**
   * Whether recurrence counts; if not, there is a message a day.
   */
  isRecurring?: boolean | undefined;
  /**
   * How often.
   */
  recurrence?: "DAILY" | "WEEKLY" | "SEMI_MONTHLY" | "MONTHLY" | "SEMI_ANNUALLY" | "ANNUALLY" | undefined;
  /**
   * Who it is for; left out, as it was.
   */
  audienceType?: "groups" | "individuals" | undefined;
  sequence?: boolean | undefined;
  /**
   * For how long a message may be held up; left out, as it was.
   */
  lateMinutes?: number | undefined;
  onlyUnsent?: boolean | undefined;
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
    setKillSwitch: Mutation<OwnKillSwitchInput, Success>;
    onEvents: Subscription<void, LiveEvent>;
  };
  messageCampaign: {
    createCampaign: Mutation<CreateCampaignInput, CampaignDone>;
    getCampaigns: Query<CampaignsInput | undefined, Array<ListedCampaign>>;
    getCompletedCampaigns: Query<CampaignsInput | undefined, Array<ListedCampaign>>;
    resolveUnknown: Mutation<ResolveInput, Success>;
    updateCampaign: Mutation<UpdateCampaignInput, CampaignDone>;
    previewCampaign: Query<CreateCampaignInput & { campaignId?: string | undefined }, CampaignPreview>;
    getCampaign: Query<CampaignInput, CampaignItem>;
    getCampaignRecipients: Query<CampaignInput, Array<CampaignRecipient>>;
    getCampaignMessages: Query<CampaignMessagesInput, CampaignMessages>;
    pauseCampaign: Mutation<CampaignInput, Success>;
    resumeCampaign: Mutation<CampaignInput, Success>;
    cancelCampaign: Mutation<CampaignInput, Success>;
    sendCampaignNow: Mutation<CampaignInput, Success>;
    sendTest: Mutation<SendTestInput, Success>;
    exportCampaign: Query<CampaignInput, CampaignExport>;
    deleteCampaign: Mutation<CampaignInput, Success>;
  };
  simulated: {
    act: Mutation<ActInput, Acted>;
  };
  admin: {
    getLimits: Query<void, Array<LimitItem>>;
    setLimits: Mutation<Partial<Record<"gapMinSeconds" | "gapMaxSeconds" | "groupGapSeconds" | "messagesPerHour" | "messagesPerDay" | "groupMessagesPerHour" | "chatsPerDay" | "newPeoplePerDay" | "quietFromHour" | "quietToHour" | "failuresInARow" | "failurePercent" | "optOutPercent", number>>, Array<LimitItem>>;
    getKillSwitches: Query<void, Array<KillSwitchItem>>;
    setKillSwitch: Mutation<KillSwitchInput, Success>;
    getPendingUsers: Query<void, Array<Account>>;
    approveUser: Mutation<UserIdInput, Account>;
  };
};

export type AppRouter = TRPCBuiltRouter<Root, Procedures>;
