//! What the procedures of campaigns are given.

use superjson::Value;
use trpc_axum::{
    Declarations, Error, Input, NameClash,
    schema::{Issues, Step},
};

use crate::{
    api::{NOT_STORABLE, storable},
    campaign::{self, Draft, Recurrence, Target},
    campaigns::CampaignChanges,
};

/// The contract's time zone for who names none.
const TIME_ZONE: &str = "America/Chicago";

trpc_axum::input! {
    /// Somebody, or a group, that a campaign goes to.
    pub(in crate::api) struct RecipientInput {
        /// WhatsApp's id: `…@g.us`, `…@c.us` or `…@lid`.
        pub chat_id: String = string().refine(storable, NOT_STORABLE),
        /// The name that stands in texts.
        pub name: Option<String> = string().optional(),
    }
}

const RECURRENCES: &[(&str, Recurrence)] = &[
    ("DAILY", Recurrence::Daily),
    ("WEEKLY", Recurrence::Weekly),
    ("SEMI_MONTHLY", Recurrence::SemiMonthly),
    ("MONTHLY", Recurrence::Monthly),
    ("SEMI_ANNUALLY", Recurrence::SemiAnnually),
    ("ANNUALLY", Recurrence::Annually),
];

const AUDIENCES: &[(&str, &str)] = &[("groups", "groups"), ("individuals", "individuals")];

trpc_axum::input! {
    /// A new campaign.
    pub(in crate::api) struct CreateCampaignInput {
        /// The chat that it goes to; with recipients it is not needed.
        pub group_id: Option<String> = string().optional(),
        /// That chat's name.
        pub group_name: Option<String> = string().optional(),
        /// Everybody it goes to: groups and people.
        pub recipients: Option<Vec<RecipientInput>> = array(object::<RecipientInput>()).optional(),
        /// The session's id.
        pub session_id: String = string().refine(storable, NOT_STORABLE),
        /// Stands in the header.
        pub title: Option<String> = string().optional(),
        /// Stands in the header.
        pub target_amount: Option<String> = string().optional(),
        /// The first day, as an ISO date.
        pub start_date: String = string(),
        /// The last day, as an ISO date.
        pub end_date: String = string(),
        /// The time of the day: 9:05.
        pub message_time: String = string(),
        /// An IANA name.
        pub time_zone: String = string().default(TIME_ZONE.to_owned()),
        /// The text.
        pub message_template: String = string(),
        /// Without the header.
        pub is_free_form: bool = boolean().default(false),
        /// Whether recurrence counts; if not, there is a message a day.
        pub is_recurring: bool = boolean().default(false),
        /// How often.
        pub recurrence: Recurrence = enumeration(RECURRENCES).default(Recurrence::Daily),
        /// Who it is for.
        pub audience_type: &'static str = enumeration(AUDIENCES).default("groups"),
        /// Whether asterisks part the text into a sequence; left out, they do if it recurs.
        pub sequence: Option<bool> = boolean().optional(),
        /// For how long a message may be held up.
        pub late_minutes: Option<i64> = integer().optional(),
        /// The client's own name for this call, unguessable: made again, the call makes no second campaign.
        pub request_id: Option<String> = string().min(16).max(100).refine(storable, NOT_STORABLE).optional(),
    }
}

/// A new campaign, or one as it is to be.
pub(in crate::api) struct PreviewCampaignInput {
    pub(super) campaign_id: Option<String>,
    pub(super) draft: CreateCampaignInput,
}

impl Input for PreviewCampaignInput {
    fn read(value: Value, issues: &mut Issues) -> Option<Self> {
        let campaign_id = match &value {
            Value::Object(members) => match members.get("campaignId") {
                None | Some(Value::Undefined) => None,
                Some(Value::String(id)) if storable(id) => Some(id.clone()),
                Some(other) => {
                    issues.at(Step::Key("campaignId"), |issues| {
                        issues.wrong_type("string", other);
                    });
                    return None;
                }
            },
            _ => None,
        };
        CreateCampaignInput::read(value, issues).map(|draft| Self { campaign_id, draft })
    }

    fn type_script(declarations: &mut Declarations) -> Result<String, NameClash> {
        let draft = CreateCampaignInput::type_script(declarations)?;
        Ok(format!("{draft} & {{ campaignId?: string | undefined }}"))
    }
}

trpc_axum::input! {
    /// A campaign as it is to be.
    pub(in crate::api) struct UpdateCampaignInput {
        /// Which.
        pub campaign_id: String = string().refine(storable, NOT_STORABLE),
        /// Everybody it goes to; left out, they stay.
        pub recipients: Option<Vec<RecipientInput>> = array(object::<RecipientInput>()).optional(),
        /// Stands in the header; left out, there is none.
        pub title: Option<String> = string().optional(),
        /// Stands in the header; left out, there is none.
        pub target_amount: Option<String> = string().optional(),
        /// The first day, as an ISO date.
        pub start_date: String = string(),
        /// The last day, as an ISO date.
        pub end_date: String = string(),
        /// The time of the day: 9:05.
        pub message_time: String = string(),
        /// An IANA name.
        pub time_zone: String = string().default(TIME_ZONE.to_owned()),
        /// The text.
        pub message_template: String = string(),
        /// Without the header; left out, as it was.
        pub is_free_form: Option<bool> = boolean().optional(),
        /// Whether recurrence counts; if not, there is a message a day.
        pub is_recurring: bool = boolean().default(false),
        /// How often.
        pub recurrence: Recurrence = enumeration(RECURRENCES).default(Recurrence::Daily),
        /// Who it is for; left out, as it was.
        pub audience_type: Option<&'static str> = enumeration(AUDIENCES).optional(),
        /// Whether asterisks part the text into a sequence; left out, as it was.
        pub sequence: Option<bool> = boolean().optional(),
        /// For how long a message may be held up; left out, as it was.
        pub late_minutes: Option<i64> = integer().optional(),
        /// Whether what was sent stays and only the rest changes; without, a campaign of which something was sent is not edited.
        pub only_unsent: bool = boolean().default(false),
    }
}

trpc_axum::input! {
    /// Which campaigns to list.
    pub(in crate::api) struct CampaignsInput {
        /// Whether their messages come along.
        pub messages: bool = boolean().default(true),
    }
}

trpc_axum::input! {
    /// A campaign by its id.
    pub(in crate::api) struct CampaignInput {
        /// Which.
        pub campaign_id: String = string().refine(storable, NOT_STORABLE),
    }
}

const STATUSES: &[(&str, &str)] = &[
    ("scheduled", "scheduled"),
    ("sending", "sending"),
    ("sent", "sent"),
    ("failed", "failed"),
    ("unknown", "unknown"),
    ("skipped", "skipped"),
    ("cancelled", "cancelled"),
];

trpc_axum::input! {
    /// A page of a campaign's messages.
    pub(in crate::api) struct CampaignMessagesInput {
        /// Which.
        pub campaign_id: String = string().refine(storable, NOT_STORABLE),
        /// Only those.
        pub status: Option<&'static str> = enumeration(STATUSES).optional(),
        /// How many; a page holds 1000 at most.
        pub limit: i64 = integer().min(1).default(50),
        /// The previous page's nextCursor.
        pub cursor: i64 = integer().min(0).default(0),
    }
}

trpc_axum::input! {
    /// What a message of which nobody knows is settled as.
    pub(in crate::api) struct ResolveInput {
        /// Which.
        pub message_id: String = string().refine(storable, NOT_STORABLE),
        /// It went out; it is to be sent again; it did not, and is not to be.
        pub r#as: &'static str = enumeration(&[("sent", "sent"), ("resend", "scheduled"), ("failed", "failed")]),
    }
}

trpc_axum::input! {
    /// A text to try.
    pub(in crate::api) struct SendTestInput {
        /// The session's id.
        pub session_id: String = string().refine(storable, NOT_STORABLE),
        /// The text.
        pub message_template: String = string(),
    }
}

impl From<RecipientInput> for campaign::Recipient {
    fn from(input: RecipientInput) -> Self {
        Self {
            chat_id: input.chat_id,
            name: input.name,
        }
    }
}

impl CreateCampaignInput {
    /// What the planner is asked, through which session and for which audience.
    pub(super) fn into_draft(self) -> Result<(Draft, String, &'static str), Error> {
        let target = match (self.recipients, self.group_id, self.group_name) {
            (Some(recipients), ..) => Target::Many(
                recipients
                    .into_iter()
                    .map(campaign::Recipient::from)
                    .collect(),
            ),
            (None, Some(chat_id), Some(name)) => Target::One(campaign::Recipient {
                chat_id,
                name: Some(name),
            }),
            (None, group_id, group_name) => {
                let missing = [
                    ("groupId", group_id.is_none()),
                    ("groupName", group_name.is_none()),
                ];
                let missing = missing.into_iter().filter(|(_, is_missing)| *is_missing);
                return Err(Error::bad_fields(missing.map(|(field, _)| {
                    (field, format!("{field} is missing: name one chat by groupId and groupName, or list recipients."))
                })));
            }
        };
        let draft = Draft {
            title: self.title,
            target_amount: self.target_amount,
            start_date: self.start_date,
            end_date: self.end_date,
            message_time: self.message_time,
            time_zone: self.time_zone,
            message_template: self.message_template,
            is_free_form: self.is_free_form,
            is_recurring: self.is_recurring,
            recurrence: self.recurrence,
            sequence: self.sequence,
            late_minutes: self.late_minutes,
            target,
        };
        Ok((draft, self.session_id, self.audience_type))
    }
}

impl From<CreateCampaignInput> for CampaignChanges {
    fn from(input: CreateCampaignInput) -> Self {
        let recipients = input
            .recipients
            .map(|list| list.into_iter().map(campaign::Recipient::from).collect());
        Self {
            is_free_form: Some(input.is_free_form),
            sequence: input.sequence,
            late_minutes: input.late_minutes,
            audience_type: Some(input.audience_type),
            recipients,
            only_unsent: true,
            draft: Draft {
                title: input.title,
                target_amount: input.target_amount,
                start_date: input.start_date,
                end_date: input.end_date,
                message_time: input.message_time,
                time_zone: input.time_zone,
                message_template: input.message_template,
                is_free_form: false,
                is_recurring: input.is_recurring,
                recurrence: input.recurrence,
                sequence: None,
                late_minutes: None,
                target: Target::Many(Vec::new()),
            },
        }
    }
}

impl From<UpdateCampaignInput> for CampaignChanges {
    fn from(input: UpdateCampaignInput) -> Self {
        let recipients = input
            .recipients
            .map(|list| list.into_iter().map(campaign::Recipient::from).collect());
        Self {
            draft: Draft {
                title: input.title,
                target_amount: input.target_amount,
                start_date: input.start_date,
                end_date: input.end_date,
                message_time: input.message_time,
                time_zone: input.time_zone,
                message_template: input.message_template,
                is_free_form: false,
                is_recurring: input.is_recurring,
                recurrence: input.recurrence,
                sequence: None,
                late_minutes: None,
                target: Target::Many(Vec::new()),
            },
            is_free_form: input.is_free_form,
            sequence: input.sequence,
            late_minutes: input.late_minutes,
            audience_type: input.audience_type,
            recipients,
            only_unsent: input.only_unsent,
        }
    }
}
