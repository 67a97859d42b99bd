//! The API service, for the self-service UI and scripts, and the portal: a second way, beside the command line, to ask for the same
//! operations.
//!
//! It answers as the API service of the Go koctl did, so that its UI works unchanged. Nothing is kept between requests
//! but caches: a session is an encrypted cookie, so that a sign-in that begins on one replica ends on another.
//!
//! | module | contents |
//! | --- | --- |
//! | `settings` | what the service needs to know, and all that is missing at once |
//! | `keys`, `session`, `signed` | the encryption of cookies, and who is signed in |
//! | `access` | who may sign in |
//! | `guard` | what holds for every request: origins, headers, limits |
//! | `sign_in` | `/auth/…` |
//! | `people` | what GitHub shows to whoever is signed in |
//! | `platform` | the platform repository, cached |
//! | `pages` | the portal |
//! | `services`, `submission` | the services of the platform, and how one is added |
//! | `owned` | a service that the person may change |
//! | `changing`, `moving`, `offboarding` | how a service is changed, given to another team, and removed |
//! | `places` | the environments that a service can take part in |
//! | `wish` | a change that somebody asks for, as a pull request |
//! | `work` | what a change would do, and an apply in the sandbox |
//! | `app`, `serve` | what all requests share; the routes, and how the service starts and stops |
//! | `audit` | what was done, by whom |
//!
//! What a browser sends is never believed: not the repository that it names, nor the origin, nor the address it comes
//! from. This room prints nothing and reads no variables.

mod access;
mod app;
mod audit;
mod changing;
mod clock;
mod error;
mod guard;
mod keys;
mod limits;
mod moving;
mod offboarding;
mod owned;
mod pages;
mod people;
mod places;
mod platform;
mod serve;
mod services;
mod session;
mod settings;
mod sign_in;
mod signed;
mod submission;
mod wish;
mod work;

pub use audit::{Event, Recorder};
pub use serve::{Parts, Server, start};
pub use settings::{SandboxSettings, Settings, SettingsInput};
