//! Connections that worked once, for the connect screen: newest first, without their passwords.

use super::{Forms, State};
use crate::address::Address;
use crate::protocol::Link;
use crate::settings::SavedConnection;

/// How many are kept.
const MOST: usize = 20;

/// What a person does with the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SavedConnectionAction {
    /// Fill the form from this one.
    Fill(usize),
    /// Mark the form as the saved connection to the same place is marked, if there is one.
    Recall,
    /// Forget this one.
    Forget(usize),
}

impl State {
    /// The list as the connect screen shows it.
    #[must_use]
    pub fn saved_connections(&self) -> &[SavedConnection] {
        &self.saved_connections
    }

    /// A connection stands: it is the newest one now.
    pub(super) fn keep_connection(&mut self, address: &Address, is_production: bool) {
        let place = address.place();
        self.saved_connections
            .retain(|one| one.address.place() != place);
        let address = address.without_secret();
        let newest = SavedConnection {
            address,
            is_production,
            is_spared: self.front.is_spared,
        };
        self.saved_connections.insert(0, newest);
        self.saved_connections.truncate(MOST);
    }

    /// Fills in the form for an address, with the mark that was put on exactly this one.
    pub(super) fn fill_known(&self, address: &Address, forms: &mut Forms) {
        forms.connect.url.clear();
        forms.connect.problem = None;
        forms.fill(address);
        let place = address.place();
        let mut saved = self.saved_connections.iter();
        let same = saved.find(|saved| saved.address.place() == place);
        forms.connect.is_production = same.is_some_and(|same| same.is_production);
        forms.connect.is_spared = same.is_some_and(|same| same.is_spared);
    }

    pub(super) fn act_on_saved_connections(
        &mut self,
        action: SavedConnectionAction,
        forms: &mut Forms,
    ) {
        match action {
            SavedConnectionAction::Fill(at) => {
                let Some(chosen) = self.saved_connections.get(at) else {
                    return;
                };
                // What was said of another address is over.
                if matches!(self.front.link, Link::Failed { .. }) {
                    self.front.link = Link::Idle;
                }
                self.fill_known(&chosen.address.clone(), forms);
            }
            SavedConnectionAction::Recall => {
                let Ok(address) = forms.address() else { return };
                let mut saved = self.saved_connections.iter();
                let same = saved.find(|saved| saved.address.place() == address.place());
                if let Some(same) = same {
                    forms.connect.is_production = same.is_production;
                    forms.connect.is_spared = same.is_spared;
                }
            }
            SavedConnectionAction::Forget(at) => {
                if at < self.saved_connections.len() {
                    let place = self.saved_connections.remove(at).address.place();
                    self.forget_desk(&place);
                    let is_last = |last: &Address| last.place() == place;
                    if self.last_good.as_ref().is_some_and(is_last) {
                        self.last_good = None;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rabbitmq::endpoint::{Endpoint, Password};

    fn at(host: &str) -> Address {
        Address::RabbitMq(Endpoint {
            host: host.to_owned(),
            password: Password("hunter2".to_owned()),
            ..Endpoint::default()
        })
    }

    fn hosts(state: &State) -> Vec<&str> {
        let all = state.saved_connections().iter();
        all.filter_map(|one| Some(one.address.rabbitmq()?.host.as_str()))
            .collect()
    }

    #[test]
    fn the_newest_connection_comes_first_and_each_place_once() {
        let mut state = State::new();
        for host in ["a", "b", "a"] {
            state.keep_connection(&at(host), host == "b");
        }
        assert_eq!(hosts(&state), ["a", "b"]);
        for number in 0..40 {
            state.keep_connection(&at(&format!("h{number}")), false);
        }
        assert_eq!(state.saved_connections().len(), MOST);
        assert_eq!(hosts(&state)[0], "h39");
    }

    #[test]
    fn the_mark_of_one_connection_is_not_that_of_another() {
        let (mut state, mut forms) = (State::new(), Forms::default());
        state.keep_connection(&at("prod"), true);
        state.keep_connection(&at("test"), false);
        let file = Address::Recording("a.eventscope".into());
        for (address, marked) in [
            (at("prod"), true),
            (at("new"), false),
            (at("prod"), true),
            (file, false),
            (at("test"), false),
        ] {
            state.fill_known(&address, &mut forms);
            assert_eq!(forms.connect.is_production, marked, "{address}");
            assert_eq!(forms.address(), Ok(address));
        }
    }

    #[test]
    fn a_saved_connection_fills_the_form_but_for_the_password() {
        let (mut state, mut forms) = (State::new(), Forms::default());
        state.keep_connection(&at("prod"), true);
        forms.connect.url = "amqp://other".to_owned();
        state.act_on_saved_connections(SavedConnectionAction::Fill(0), &mut forms);
        assert_eq!(forms.connect.host, "prod");
        assert!(forms.connect.is_production && forms.connect.url.is_empty());
        assert_eq!(forms.connect.password, Password::default());
        forms.connect.is_production = false;
        state.act_on_saved_connections(SavedConnectionAction::Recall, &mut forms);
        assert!(forms.connect.is_production);
        // A place that is not known stays as the person marked it.
        forms.connect.host = "elsewhere".to_owned();
        state.act_on_saved_connections(SavedConnectionAction::Recall, &mut forms);
        assert!(forms.connect.is_production);
        state.last_good = Some(at("prod"));
        // A list that has become shorter meanwhile.
        state.act_on_saved_connections(SavedConnectionAction::Fill(7), &mut forms);
        state.act_on_saved_connections(SavedConnectionAction::Forget(7), &mut forms);
        state.act_on_saved_connections(SavedConnectionAction::Forget(0), &mut forms);
        assert!(state.saved_connections().is_empty());
        assert_eq!(state.last_good, None);
    }
}
