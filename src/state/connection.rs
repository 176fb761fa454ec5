//! What follows when the connection of the source in front is made, lost or ended.

use chrono::{DateTime, Utc};

use super::consumers::ConsumerDesk;
use super::dead_letters::DeadTab;
use super::{Forms, State};
use crate::address::Address;
use crate::event::picture::Picture;
use crate::protocol::{Command, DeskCommand, Link, Server};
use crate::rabbitmq::topology::Topology;

impl State {
    pub(super) fn apply_link(
        &mut self,
        link: Link,
        forms: &mut Forms,
        now: DateTime<Utc>,
    ) -> Vec<Command> {
        let mut commands = Vec::new();
        if matches!(link, Link::Idle) {
            commands = self.end_what_waits(forms, now);
        }
        let before = self.has_session();
        let goes_on = matches!(link, Link::Connected { .. } | Link::Lost { .. });
        if before && !goes_on {
            self.close_desk(forms);
        }
        if let Link::Connected { address, .. } = &link
            && !self.front.is_sandbox
        {
            // The form may say something else by now.
            let wanted = self.front.wanted.as_ref();
            let own = wanted.filter(|(place, _)| *place == address.place());
            let is_production = own.is_some_and(|(_, is_production)| *is_production);
            self.keep_connection(address, is_production);
            self.front.is_production = is_production;
        }
        if let (false, Link::Connected { address, .. }) = (before, &link) {
            self.open_desk(&address.place(), forms);
        }
        self.front.link = link;
        match &self.front.link {
            Link::Connected {
                address,
                server,
                abilities,
            } => {
                self.front.is_ending = false;
                self.front.abilities = *abilities;
                self.front.last_title = Some(address.title());
                // The fields say the same; the password in it need not stay on the screen.
                forms.connect.url.clear();
                self.suit_draft(forms);
                if self.front.is_sandbox {
                    self.front.is_production = false;
                } else {
                    self.last_good = Some(address.clone());
                }
                if !before {
                    let place = address.place();
                    if let Server::RabbitMq(version) = server {
                        self.front.dead.looking.start(version);
                    }
                    self.begin(place, forms);
                }
            }
            // One of several was ended by the person: the next stands in its place. One whose driver
            // broke down stays, with its edits.
            Link::Idle if self.front.is_ending && self.has_several() => {
                self.taps.all_ended_of(self.front.id);
                commands.extend(self.give_up(forms));
            }
            Link::Idle | Link::Failed { .. } | Link::Connecting(_) => {
                self.taps.all_ended_of(self.front.id);
                self.front.tap_card = None;
                self.front.scrub = None;
                self.front.is_ending = false;
                if let Link::Connecting(address @ (Address::RabbitMq(_) | Address::Kafka(_))) =
                    &self.front.link
                {
                    forms.fill(address);
                }
            }
            Link::Lost { .. } => {}
        }
        commands
    }

    /// There is no connection any more. A driver answers all that it was asked before it says so; only
    /// one that has broken down does not, and nothing may wait forever.
    fn end_what_waits(&mut self, forms: &mut Forms, now: DateTime<Utc>) -> Vec<Command> {
        let mut commands = Vec::new();
        let words = "The connection ended before there was an answer".to_owned();
        if let Some(request) = self.front.dead.peeking {
            let result = Err(words.clone());
            self.front.dead.peeked(request, result, now, forms);
        }
        if let Some((job, _)) = self.front.dead.running() {
            let request = job.request;
            commands = self.job_done(request, Some(words.clone()), None, forms, now);
        }
        if let Some(run) = self.front.publish.series.as_ref().filter(|run| run.runs) {
            let request = run.request;
            self.front.publish.series_done(request, None, Some(&words));
            commands.extend(self.series_ended(Some(words.clone()), forms));
        }
        self.front.consumers.ended(&words);
        if let Some(request) = self.replay_without_end() {
            commands.extend(self.replay_done(request, None, Some(words.clone()), forms));
        }
        let putting = self.journal.putting.as_ref();
        let own = putting.filter(|putting| putting.source == self.front.id);
        if let Some(request) = own.map(|putting| putting.request) {
            commands.extend(self.put_back_done(request, Some(words), forms));
        }
        commands
    }

    /// A session begins: nothing is known of what is there.
    fn begin(&mut self, place: String, forms: &mut Forms) {
        self.front.topology = Topology::default();
        self.front.picture = Picture::default();
        self.front.topology_revision += 1;
        (self.front.may_write, self.front.frame) = (None, None);
        if self.front.edits_of.as_ref() != Some(&place) {
            self.front.dead.drop_all_edits(forms);
            self.front.edits_of = Some(place.clone());
        }
        self.front.dead.put_editor_aside(forms);
        let abilities = self.front.abilities;
        self.front.dead.forget(abilities);
        self.front.consumers = ConsumerDesk::default();
        if !abilities.consumer_groups && self.front.dead.tab == DeadTab::Consumers {
            self.front.dead.tab = DeadTab::Queues;
        }
        self.front.alerts.start(place);
    }

    /// The first topology of the sandbox starts its tap by itself: a newcomer sees events without
    /// a click. On any other broker a tap starts only when the person says so.
    pub(super) fn autostart(&mut self, forms: &Forms) -> Vec<Command> {
        let resumed = self.resume_taps();
        let resumed = resumed.into_iter().map(|one| self.to_front(one));
        let mut commands: Vec<Command> = resumed.collect();
        if self.front.in_sandbox()
            && !self
                .taps
                .list()
                .iter()
                .any(|tap| tap.id.source == self.front.id)
        {
            let start = self.start_at_once(forms);
            commands.extend(start.map(|start| self.to_front(start)));
        }
        if self.front.in_sandbox() && self.schemas.catalog.is_none() {
            commands.push(Command::Desk(DeskCommand::OpenSampleSchemas));
        }
        commands
    }
}
