//! The operations of GitHub's REST API that koctl and its state backend use. Knows nothing of either.
//!
//! A [`Reader`] can only send GETs, a [`Writer`] the rest. Each method is one operation and names it as GitHub's
//! published API document does (`git/get-ref`); each answer has only the fields that are used. Pages of lists are read
//! here, all of them.
//!
//! | module | operations |
//! | --- | --- |
//! | `client` | requests, pages of lists |
//! | `error` | why an operation has no result |
//! | `repository` | names of repositories; `repos/get`, and their creation |
//! | `git` | references, commits, trees and blobs |
//! | `contents` | files of a branch, and the commits that changed them |
//! | `pulls`, `issues`, `secrets` | pull requests, issues, Actions secrets |
//! | `people`, `oauth` | who a token belongs to and what it shows; how people sign in |

mod client;
mod contents;
mod error;
mod git;
mod issues;
mod oauth;
mod people;
mod pulls;
mod repository;
mod reviews;
mod secrets;

pub use client::{Access, AccessError, DEFAULT_URL, Reader, Writer};
pub use contents::{Content, ListedCommit};
pub use error::{Error, Reason, Refusal, Result, absent_as_none};
pub use git::{Author, Commit, NewCommit, NewContent, TreeChange, TreeFile};
pub use issues::{Issue, IssueUpdate, LabelledPull, PullAuthor, PullOfIssue};
pub use oauth::{DEFAULT_WEB_URL, OAuthApp, SignIn, SignInError, UserToken};
pub use people::{Branch, BranchCommit, Email, ListedRepository, OrganizationOf, Owner, Permissions, Person};
pub use pulls::{Base, Head, HeadRepository, NewPull, Pull, PullUpdate};
pub use repository::{Details, InvalidRepository, Repository};
pub use reviews::{CheckRun, PullDetails, Review};
pub use secrets::PublicKey;
