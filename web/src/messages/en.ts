// Every text of the dashboard, in English.

import { ago, moment, number, percent, plural } from "./format";

const groups = (count: number) => plural(count, { one: "group", other: "groups" });
const contacts = (count: number) => plural(count, { one: "contact", other: "contacts" });

export const en = {
  herald: "Herald",
  title: (page: string) => `${page} · Herald`,
  tagline: "For people who run WhatsApp groups.",

  common: {
    retry: "Retry",
    cancel: "Cancel",
    skip: "Skip to content",
    main: "Main",
    when: (then: Date, now: number) => ago(then, now, "just now"),
    whenExactly: (then: Date, now: number) => `${ago(then, now, "just now")}, ${moment(then)}`,
    at: (then: Date) => moment(then),
  },

  errors: {
    unreachable: "Herald cannot be reached. Check your connection and try again.",
    tooMany: (seconds: number | null) =>
      seconds === null
        ? "Too many tries. Wait a moment and try again."
        : `Too many tries. Wait ${plural(seconds, { one: "second", other: "seconds" })} and try again.`,
    crashed: "Something on this page went wrong.",
    crashedHint: "Load the page again. Nothing that Herald keeps is lost by it.",
    reload: "Load again",
  },

  connection: {
    lost: "Not connected to Herald. Trying again…",
    back: "Connected to Herald again.",
    first: "Connecting to Herald…",
  },

  nav: {
    whatsApp: "WhatsApp",
    groups: "Groups",
    contacts: "Contacts",
    people: "People",
    account: "Account",
    waiting: (count: number) => `${number(count)} waiting for approval`,
  },

  about: {
    version: (version: string) => `Herald ${version}`,
    engine: (engine: string) =>
      ({ waha: "Through WAHA", simulated: "Simulated WhatsApp", native: "Built-in engine" })[engine] ?? engine,
    unofficial: "An unofficial client, not affiliated with WhatsApp.",
  },

  scheme: {
    label: "Colours",
    system: "System",
    light: "Light",
    dark: "Dark",
    toLight: "Use light colours",
    toDark: "Use dark colours",
  },

  form: {
    name: "Your name",
    email: "E-mail",
    password: "Password",
    passwordHint: "At least 8 characters.",
    showPassword: "Show password",
    nameMissing: "Write your name.",
    emailMissing: "Write your e-mail address.",
    emailWrong: "This does not look like an e-mail address.",
    passwordMissing: "Write your password.",
    passwordShort: "Use at least 8 characters.",
    passwordLong: "Use at most 128 characters.",
  },

  signIn: {
    title: "Sign in",
    submit: "Sign in",
    failed: "You could not be signed in",
    noAccount: "No account yet?",
    signUp: "Create one",
    setUpTitle: "Herald is not set up yet",
    setUpNeeded:
      "There is no administrator yet. Open the set-up link: Herald printed it in its terminal, or wrote it into the file set-up-link in its data folder.",
    byLink: "Signing you in…",
    byLinkFailed: "This link did not work",
    byLinkInstead: "Sign in with e-mail and password",
  },

  signUp: {
    title: "Create an account",
    intro: "An administrator lets you in after that.",
    submit: "Create account",
    failed: "The account could not be created",
    haveAccount: "Have an account already?",
    signIn: "Sign in",
  },

  setUp: {
    title: "Set up Herald",
    intro: "You are the first one here. This account becomes the administrator: it lets other people in.",
    submit: "Create administrator",
    failed: "The account could not be created",
    signIn: "Go to sign in",
    noToken: "This page needs the set-up link",
    noTokenHint:
      "When Herald starts without an administrator, it prints a set-up link in its terminal, or writes it into the file set-up-link in its data folder. Open that link in this browser.",
    refused: "This set-up link no longer works.",
  },

  waiting: {
    title: "Waiting for approval",
    hello: (name: string) => `Welcome, ${name}.`,
    body: "An administrator has to let you in. This page goes on by itself as soon as that happens; you can also close it and come back later.",
    as: (email: string) => `You are signed in as ${email}.`,
    approved: "You have been approved.",
  },

  account: {
    title: "Account",
    name: "Name",
    roleLabel: "Role",
    role: { ADMIN: "Administrator", USER: "Member", GUEST: "Waiting for approval" },
    signOut: "Sign out",
    signOutFailed: "You could not be signed out",
    about: "About this server",
  },

  people: {
    title: "People",
    waiting: "Waiting for approval",
    intro: "People who signed up and cannot use Herald until you let them in.",
    none: "Nobody is waiting",
    noneHint: (address: string) => `People can create an account at ${address}. They appear here at once.`,
    since: (then: Date, now: number) => `Signed up ${ago(then, now, "just now")}`,
    approve: "Approve",
    approveName: (name: string) => `Approve ${name}`,
    approved: (name: string) => `${name} can use Herald now.`,
    failed: (name: string) => `${name} was not approved.`,
  },

  whatsApp: {
    title: "WhatsApp",
    intro:
      "Herald joins your WhatsApp as one more linked device, like WhatsApp on a computer. Your groups and contacts then appear here, and your phone keeps working as before.",
    linkTitle: "Link your WhatsApp",
    riskTitle: "Before you link",
    risk: "Herald is an unofficial client, not affiliated with WhatsApp. WhatsApp may restrict or close an account that is used with one. Link only a number that you can afford to lose, and write only to people who expect it.",
    link: "Link WhatsApp",
    linkFailed: "WhatsApp could not be linked",
    scan: ["Open WhatsApp on your phone.", "Open Settings and then Linked devices.", "Tap Link a device and point the phone at this code."],
    scanFresh: "The code changes every few seconds. That is as it should be.",
    scanPhone: "Are you reading this on the phone itself? Open this page on another screen, so that the phone can scan it.",
    qr: "QR code that links your WhatsApp",
    qrWaiting: "The code is on its way…",
    number: "Number",
    linkedSince: "Linked since",
    connected: "Connected",
    changed: "Last change",
    because: "Reason",
    restart: "Restart",
    restartFailed: "It could not be restarted",
    reconnect: "Connect again",
    stale: "This is how it was when this page last heard from Herald.",
    stopLinking: "Stop linking",
    stopLinkingFailed: "It could not be stopped",
    unlink: "Log out of WhatsApp",
    unlinkTitle: "Log out of WhatsApp?",
    unlinkBody: [
      "Herald is removed from the linked devices of your phone.",
      "Herald forgets your groups and contacts. They stay on your phone.",
      "To use Herald again you scan a new code.",
    ],
    unlinkConfirm: "Log out",
    unlinkFailed: "It could not be logged out",
  },

  status: {
    STARTING: { name: "Starting", hint: "Herald connects to WhatsApp. This takes a few seconds." },
    RECONNECTING: {
      name: "Reconnecting",
      hint: "The connection to WhatsApp dropped. Herald connects again by itself; your phone stays linked.",
    },
    SCAN_QR_CODE: {
      name: "Scan this code with your phone",
      hint: "Herald waits until WhatsApp on your phone has seen it.",
    },
    WORKING: { name: "Linked", hint: "Everything works." },
    FAILED: {
      name: "Not working",
      hint: "Herald is not connected to WhatsApp. Restart it; if that does not help, log out and link again.",
    },
    STOPPED: { name: "Stopped", hint: "Herald is not connected to WhatsApp. Connect again to go on." },
    PASSKEY_REQUIRED: {
      name: "Passkey needed",
      hint: "WhatsApp asks for your passkey to link this device. Confirm it on your phone, then come back here.",
    },
    PASSKEY_CONFIRMATION_REQUIRED: {
      name: "Confirm on your phone",
      hint: "WhatsApp waits for your confirmation. Open WhatsApp on your phone and confirm the new device.",
    },
    other: {
      name: (status: string) => `Unknown state: ${status}`,
      hint: "The engine reports a state that this page does not know. Restart it if it does not pass.",
    },
  },

  directory: {
    title: "Groups and contacts",
    groups,
    contacts,
    withoutNumber: (count: number) =>
      `${plural(count, { one: "person", other: "people" })} more whose phone number WhatsApp does not tell.`,
    fillingAt: (value: number) => `Reading your groups and contacts, ${percent(value)}`,
    progress: "Reading groups and contacts",
    failed: "The last reading failed",
    read: (then: Date, now: number) => `Read from WhatsApp ${ago(then, now, "just now")}`,
    never: "Not read from WhatsApp yet",
    refresh: "Refresh",
    refreshing: "Reading…",
    refreshNotNow: "This was read from WhatsApp a moment ago.",
    refreshFailed: "It could not be refreshed",
    export: "Export CSV",
    exportFailed: "The file could not be made",
  },

  list: {
    clear: "Clear search",
    found: (what: string, search: string) => `${what} found for “${search}”`,
    noneFound: (search: string) => `Nothing found for “${search}”`,
    noneFoundHint: "Try a part of the name, or fewer letters.",
    failed: "The list could not be loaded",
    notLinked: "No WhatsApp is linked",
    notLinkedHint: "Link your WhatsApp first; then they appear here.",
    toLink: "Link WhatsApp",
  },

  groups: {
    title: "Groups",
    search: "Search groups",
    placeholder: "Part of the name",
    count: groups,
    none: "No groups",
    noneHint: "This WhatsApp account is in no group.",
    members: (count: number) => plural(count, { one: "member", other: "members" }),
    adminsOnly: "Only admins write",
    nameless: "Group without a name",
    isAdmin: "You are admin",
    left: "You have left",
  },

  contacts: {
    title: "Contacts",
    search: "Search contacts",
    placeholder: "Part of the name or number",
    count: contacts,
    none: "No contacts",
    noneHint: "This WhatsApp account knows nobody yet.",
    saved: "Saved",
  },

  simulated: {
    title: "Simulated phone",
    intro: "This server plays WhatsApp. These buttons do what a real phone would do.",
    scan: "Scan the code",
    lose: "Lose the connection",
    restore: "Restore the connection",
    unlink: "Unlink on the phone",
    done: { scan: "The phone scanned the code.", lose: "The connection is lost.", restore: "The connection is back.", unlink: "The phone unlinked Herald." },
    notNow: "That does nothing in the present state.",
    failed: "The simulated phone did not do it",
  },

  notFound: {
    title: "There is no such page",
    hint: "The address may be mistyped, or the page has moved.",
    home: "Go to WhatsApp",
  },
};
