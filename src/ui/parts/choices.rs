//! A list of choices below a text field, worked by the keys that every editor has for it: Down and Up
//! mark one, Enter or Tab takes it, Escape closes the list. The field keeps the focus meanwhile, so
//! its rows are no stops of Tab.

use eframe::egui::{
    Align, Button, Context, EventFilter, Id, Key, Layout, Modifiers, Popup, PopupCloseBehavior,
    Response, Sense, TextEdit, Ui, WidgetText,
};

/// What a key asks of an open list.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pressed {
    Down,
    Up,
    Take,
}

/// The list below one field, for one frame. Made before the field is drawn, because the field would
/// take the keys otherwise.
pub struct ChoiceList {
    field: Id,
    pressed: Option<Pressed>,
}

impl ChoiceList {
    /// Takes the keys for the list below the field with this id, if it is open.
    pub fn begin(ui: &mut Ui, field: Id) -> Self {
        let list = list_of(field);
        let is_open = Popup::is_id_open(ui.ctx(), list);
        if !is_open || !ui.memory(|memory| memory.has_focus(field)) {
            return Self {
                field,
                pressed: None,
            };
        }
        let has_marked = marked(ui.ctx(), list).is_some();
        let pressed = ui.input_mut(|input| {
            let mut key = |key| input.consume_key(Modifiers::NONE, key);
            if key(Key::Escape) {
                return Err(());
            }
            Ok(if key(Key::ArrowDown) {
                Some(Pressed::Down)
            } else if key(Key::ArrowUp) {
                Some(Pressed::Up)
            } else if has_marked && (key(Key::Enter) || key(Key::Tab)) {
                Some(Pressed::Take)
            } else {
                None
            })
        });
        let pressed = pressed.unwrap_or_else(|()| {
            Popup::close_id(ui.ctx(), list);
            None
        });
        Self { field, pressed }
    }

    /// The field, with the id by which the list knows it.
    pub fn field<'t>(&self, text: &'t mut String) -> TextEdit<'t> {
        TextEdit::singleline(text).id(self.field)
    }

    /// Shows the list while the field is edited, and gives what was chosen. `offers` is called only
    /// then; without offers there is no list.
    pub fn show<T>(
        self,
        field: &Response,
        width: f32,
        offers: impl FnOnce() -> Vec<(T, WidgetText)>,
    ) -> Option<T> {
        let (ctx, list) = (&field.ctx, list_of(self.field));
        if field.gained_focus() || field.has_focus() && field.changed() {
            Popup::open_id(ctx, list);
            mark(ctx, list, None);
        }
        if !Popup::is_id_open(ctx, list) {
            return None;
        }
        let offers = offers();
        if offers.is_empty() || !field.has_focus() && !is_pressed(ctx) {
            Popup::close_id(ctx, list);
            return None;
        }
        let at = next(marked(ctx, list), self.pressed, offers.len());
        mark(ctx, list, at);
        // The keys are for the list, not for moving on from the field.
        let filter = EventFilter {
            tab: at.is_some(),
            horizontal_arrows: true,
            vertical_arrows: true,
            escape: true,
        };
        ctx.memory_mut(|memory| memory.set_focus_lock_filter(self.field, filter));
        let mut chosen = None;
        Popup::from_response(field)
            .id(list)
            .open_memory(None)
            .close_behavior(PopupCloseBehavior::CloseOnClick)
            .width(width)
            .show(|ui| {
                ui.with_layout(Layout::top_down_justified(Align::Min), |ui| {
                    for (place, (offer, line)) in offers.into_iter().enumerate() {
                        let is_marked = at == Some(place);
                        let row = Button::selectable(is_marked, line).sense(Sense::CLICK);
                        let is_taken = is_marked && self.pressed == Some(Pressed::Take);
                        if ui.add(row).clicked() || is_taken {
                            chosen = Some(offer);
                        }
                    }
                });
            });
        if chosen.is_some() {
            Popup::close_id(ctx, list);
            mark(ctx, list, None);
        }
        chosen
    }
}

/// A press on a row takes the focus from the field before the click is whole.
fn is_pressed(ctx: &Context) -> bool {
    ctx.input(|input| input.pointer.any_down() || input.pointer.any_released())
}

fn list_of(field: Id) -> Id {
    field.with("choices")
}

fn marked(ctx: &Context, list: Id) -> Option<usize> {
    ctx.data(|data| data.get_temp::<Option<usize>>(list))
        .flatten()
}

fn mark(ctx: &Context, list: Id, place: Option<usize>) {
    ctx.data_mut(|data| data.insert_temp(list, place));
}

/// The row that is marked next: at the end it goes on at the other one.
fn next(marked: Option<usize>, pressed: Option<Pressed>, count: usize) -> Option<usize> {
    let last = count.checked_sub(1)?;
    match (pressed, marked.map(|place| place.min(last))) {
        (Some(Pressed::Down), None) => Some(0),
        (Some(Pressed::Down), Some(place)) => Some(if place == last { 0 } else { place + 1 }),
        (Some(Pressed::Up), None | Some(0)) => Some(last),
        (Some(Pressed::Up), Some(place)) => Some(place - 1),
        (Some(Pressed::Take) | None, marked) => marked,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_marked_row_goes_round() {
        let down = |marked| next(marked, Some(Pressed::Down), 3);
        assert_eq!(
            (down(None), down(Some(0)), down(Some(2))),
            (Some(0), Some(1), Some(0))
        );
        let up = |marked| next(marked, Some(Pressed::Up), 3);
        assert_eq!(
            (up(None), up(Some(0)), up(Some(2))),
            (Some(2), Some(2), Some(1))
        );
        // The list has become shorter.
        assert_eq!(next(Some(7), None, 3), Some(2));
        assert_eq!(next(Some(7), Some(Pressed::Down), 0), None);
    }
}
