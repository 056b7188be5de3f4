//! How bytes become calls: each step has the same number of them, so that a changed byte changes
//! one thing and seeds can be written by hand.

use tokenward_core::{Actor, ActorToken, Via};

use crate::host::Host;
use crate::wish::{USERS, Wish, name, pick};

/// Bytes of one step.
pub const SIZE: usize = 16;

/// One call.
#[derive(Debug)]
pub struct Step {
    pub hours: u8,
    pub caller: Caller,
    pub wish: Wish,
}

/// Who calls; the last two by number.
#[derive(Debug)]
pub enum Caller {
    CommandLine,
    Session(u8),
    Token(u8),
}

impl Step {
    /// Reads a step: hours, caller (2 bytes), kind of wish, its particulars (12 bytes).
    pub fn read(bytes: &[u8; SIZE]) -> Self {
        let [hours, caller, who, kind, particulars @ ..] = bytes;
        let caller = match caller % 3 {
            0 => Caller::CommandLine,
            1 => Caller::Session(*who),
            _ => Caller::Token(*who),
        };
        Self {
            hours: *hours,
            caller,
            wish: Wish::read(*kind, particulars),
        }
    }

    /// Who makes the call.
    pub fn actor(&self, host: &Host) -> Actor {
        match self.caller {
            Caller::CommandLine => Actor::COMMAND_LINE,
            Caller::Session(user) => Actor {
                user: Some(name(pick(&USERS, user))),
                via: Via::Session(None),
            },
            Caller::Token(number) => {
                let Some(token) = host.token_row(host.token(number)) else {
                    return Actor::NOBODY;
                };
                let shown = ActorToken {
                    id: token.id,
                    role: token.kind,
                    last4: None,
                };
                Actor {
                    user: Some(token.owner.clone()),
                    via: Via::Token(shown),
                }
            }
        }
    }
}

impl Wish {
    fn read(kind: u8, bytes: &[u8; 12]) -> Self {
        let [a, b, c, d, e, f, ..] = *bytes;
        let grants = [6, 8, 10].map(|at| present(bytes[at]).map(|place| (place, bytes[at + 1])));
        match kind % 14 {
            0 => Self::SetPlan { org: a, plan: b },
            1 => Self::SetPolicy {
                org: a,
                policy: b,
                force: c % 2 == 1,
            },
            2 => Self::Review {
                org: a,
                token: b,
                verdict: c,
            },
            3 => Self::PutMember {
                org: a,
                user: b,
                role: c,
                group: present(d).map(|d| (d, e)),
            },
            4 => Self::RemoveMember { org: a, user: b },
            5 => Self::PutGroup {
                org: a,
                group: b,
                members: [c, d, e].map(present),
            },
            6 => Self::DeleteGroup { org: a, group: b },
            7 => Self::PutRepository {
                repository: a,
                public: present(b).map(|b| b % 2 == 1),
                gated: present(c).map(|c| c % 2 == 1),
                group: present(d).map(|_| present(e)),
            },
            8 => Self::DeleteRepository { repository: a },
            9 => Self::Suspend {
                user: a,
                suspended: b % 2 == 1,
            },
            10 => Self::CreateToken {
                owner: a,
                kind: b,
                grants,
                days: present(c),
            },
            11 => Self::UpdateToken {
                token: a,
                grants: present(b).map(|_| grants),
                days: present(c).map(|_| present(d)),
            },
            12 => Self::RotateToken { token: a },
            _ => Self::DeleteToken {
                token: a,
                leaked: f % 2 == 1,
            },
        }
    }
}

/// The upper half of a byte's values stands for what is left out.
fn present(byte: u8) -> Option<u8> {
    (byte < 128).then_some(byte)
}
