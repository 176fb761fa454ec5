//! The import of schemas from elsewhere: what the form says, and what came out.

use std::path::PathBuf;

use url::Url;

use crate::protocol::{DeskCommand, ImportFrom};
use crate::rabbitmq::endpoint::Password;
use crate::schema::folder::import::{ImportPlan, Imported};

/// From what is imported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ImportKind {
    #[default]
    Folder,
    /// An AsyncAPI document.
    AsyncApi,
    Registry,
}

impl ImportKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Folder, Self::AsyncApi, Self::Registry];

    /// Its name on the screen.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Folder => "Folder",
            Self::AsyncApi => "AsyncAPI document",
            Self::Registry => "Registry",
        }
    }
}

/// The form of an import. All text, as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the field of that label")]
pub struct ImportForm {
    pub kind: ImportKind,
    pub into: String,
    pub path: String,
    pub url: String,
    pub user: String,
    pub password: Password,
    /// What is wrong with the fields, in words.
    pub problem: Option<String>,
}

impl ImportForm {
    /// What it asks for.
    fn command(&self) -> Result<DeskCommand, String> {
        let into = self.into.trim();
        if into.is_empty() {
            return Err("Into folder is empty: type the folder that is written to".to_owned());
        }
        let path = self.path.trim();
        let from = match self.kind {
            ImportKind::Folder if path.is_empty() => {
                return Err("From folder is empty: type a path or browse for it".to_owned());
            }
            ImportKind::AsyncApi if path.is_empty() => {
                return Err("Document is empty: type a path or browse for it".to_owned());
            }
            ImportKind::Folder => ImportFrom::Folder(PathBuf::from(path)),
            ImportKind::AsyncApi => ImportFrom::AsyncApi(PathBuf::from(path)),
            ImportKind::Registry => self.registry()?,
        };
        Ok(DeskCommand::PlanImport {
            folder: PathBuf::from(into),
            from,
        })
    }

    /// A login in the address is taken out of it, so that it is shown and kept nowhere.
    fn registry(&self) -> Result<ImportFrom, String> {
        let wrong = "URL must be an address such as http://localhost:8081";
        let mut url = Url::parse(self.url.trim()).map_err(|_| wrong.to_owned())?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err(wrong.to_owned());
        }
        let (mut user, mut password) = (self.user.trim().to_owned(), self.password.clone());
        if user.is_empty() && !url.username().is_empty() {
            user = decoded(url.username());
            password = Password(decoded(url.password().unwrap_or_default()));
        }
        // It has a host, so neither can fail.
        url.set_username("").ok();
        url.set_password(None).ok();
        url.set_query(None);
        url.set_fragment(None);
        Ok(ImportFrom::Registry {
            url: url.as_str().trim_end_matches('/').to_owned(),
            user,
            password,
        })
    }
}

fn decoded(text: &str) -> String {
    let query = format!("x={}", text.replace('+', "%2B"));
    url::form_urlencoded::parse(query.as_bytes())
        .next()
        .map(|(_, text)| text.into_owned())
        .unwrap_or_default()
}

/// How far the last import is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Import {
    /// None was asked for.
    #[default]
    None,
    /// What it would do is being found out.
    Looking,
    /// What it would do. Nothing was written.
    Planned(ImportPlan),
    Writing,
    Done(Imported),
    /// It could not begin; why, in words.
    Failed(String),
}

impl Import {
    /// True while something is being done that has an answer.
    #[must_use]
    pub fn runs(&self) -> bool {
        matches!(self, Self::Looking | Self::Writing)
    }

    /// Asks what one would do, unless one runs or the form is wrong.
    pub(super) fn begin(&mut self, form: &mut ImportForm) -> Option<DeskCommand> {
        if self.runs() {
            return None;
        }
        match form.command() {
            Ok(command) => {
                form.problem = None;
                *self = Self::Looking;
                Some(command)
            }
            Err(words) => {
                form.problem = Some(words);
                None
            }
        }
    }

    /// It is known what it would do.
    pub(in crate::state) fn planned(&mut self, planned: Result<ImportPlan, String>) {
        *self = match planned {
            Ok(plan) => Self::Planned(plan),
            Err(words) => Self::Failed(words),
        };
    }

    /// The person wants what was planned.
    pub(super) fn write(&mut self) -> Option<DeskCommand> {
        let Self::Planned(plan) = self else {
            return None;
        };
        let plan = std::mem::take(plan);
        *self = Self::Writing;
        Some(DeskCommand::ImportSchemas(plan))
    }

    /// The person does not want it.
    pub(super) fn cancel(&mut self) {
        if matches!(self, Self::Planned(_)) {
            *self = Self::None;
        }
    }

    /// It ended.
    pub(super) fn ended(&mut self, done: Result<Imported, String>) {
        *self = match done {
            Ok(done) => Self::Done(done),
            Err(words) => Self::Failed(words),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_field_is_named() {
        let mut form = ImportForm::default();
        let mut import = Import::default();
        for (kind, into, url, words) in [
            (ImportKind::Folder, "", "", "Into folder"),
            (ImportKind::Folder, "/x", "", "From folder"),
            (ImportKind::AsyncApi, "/x", "", "Document"),
            (ImportKind::Registry, "/x", "localhost:8081", "URL"),
            (ImportKind::Registry, "/x", "ftp://x", "URL"),
        ] {
            form.kind = kind;
            form.into = into.into();
            form.url = url.into();
            assert!(import.begin(&mut form).is_none());
            let problem = form.problem.as_deref().unwrap();
            assert!(problem.starts_with(words), "{problem}");
        }
        assert_eq!(import, Import::None);
    }

    #[test]
    fn nothing_is_written_before_the_plan_was_agreed_to() {
        let mut form = ImportForm {
            into: "/x".into(),
            path: "/y".into(),
            ..ImportForm::default()
        };
        let mut import = Import::default();
        assert!(import.begin(&mut form).is_some());
        assert!(import.write().is_none(), "there is no plan");
        let plan = ImportPlan::default();
        import.planned(Ok(plan.clone()));
        import.cancel();
        assert_eq!(import, Import::None);
        assert!(import.begin(&mut form).is_some());
        import.planned(Ok(plan.clone()));
        let write = import.write();
        assert!(matches!(write, Some(DeskCommand::ImportSchemas(of)) if of == plan));
        assert!(import.write().is_none(), "once");
        import.ended(Ok(Imported::default()));
        assert_eq!(import, Import::Done(Imported::default()));
    }

    #[test]
    fn a_login_in_the_address_leaves_it() {
        let mut form = ImportForm {
            kind: ImportKind::Registry,
            into: "/x".into(),
            url: "https://ada:p%40ss@host:8081/apis/ccompat/v7/".into(),
            ..ImportForm::default()
        };
        let mut import = Import::default();
        let Some(DeskCommand::PlanImport { from, .. }) = import.begin(&mut form) else {
            panic!("{form:?}")
        };
        let registry = ImportFrom::Registry {
            url: "https://host:8081/apis/ccompat/v7".into(),
            user: "ada".into(),
            password: Password("p@ss".into()),
        };
        assert_eq!(from, registry);
        assert!(!format!("{from:?}").contains("p@ss"));
        assert!(import.begin(&mut form).is_none(), "one at a time");
        import.planned(Err("no".into()));
        assert_eq!(import, Import::Failed("no".into()));
    }
}
