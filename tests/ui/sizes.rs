//! Every screen at every size that is promised: no control lies outside the window to the left or right,
//! none of the frame's above or below, and the words on each have room.

use std::sync::Arc;

use eframe::egui::accesskit::Role;
use eframe::egui::{self, FontId, TextStyle};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use eventscope::address::Address;
use eventscope::event::source_id::SourceId;
use eventscope::protocol::{Link, SourceUpdate, Update};
use eventscope::rabbitmq::endpoint::Endpoint;

use super::publish_form::form;
use super::schemas::compared;
use crate::{Window, dead_letter, event, peek_events, start_tap};

/// From the smallest window to a large screen.
const SIZES: [(f32, f32); 5] = [
    (760.0, 500.0),
    (1000.0, 680.0),
    (1280.0, 800.0),
    (1920.0, 1080.0),
    (2560.0, 1440.0),
];

/// A control whose words stand on it.
const WITH_WORDS: [Role; 4] = [
    Role::Button,
    Role::CheckBox,
    Role::RadioButton,
    Role::ComboBox,
];

/// Controls that a person works with.
const CONTROLS: [Role; 7] = [
    Role::Button,
    Role::CheckBox,
    Role::RadioButton,
    Role::ComboBox,
    Role::Tab,
    Role::TextInput,
    Role::MultilineTextInput,
];

/// Most width of a control without words on it.
const SIGN: f32 = 36.0;

/// Points by which edges may differ from what they should be.
const SLACK: f32 = 1.5;

fn faults(window: &Window, (width, height): (f32, f32)) -> Vec<String> {
    let style = window.harness.ctx.global_style();
    let button = style.text_styles[&TextStyle::Button].clone();
    let small = FontId::proportional(button.size - 3.0);
    let mut faults = Vec::new();
    for node in window
        .harness
        .query_all_by(|node| CONTROLS.contains(&node.role()))
    {
        let (role, rect) = (node.accesskit_node().role(), node.rect());
        let name = node.accesskit_node().label().unwrap_or_default();
        let said = format!("{role:?} {name:?} at {rect:?}");
        if rect.left() < -SLACK || rect.right() > width + SLACK {
            faults.push(format!("outside: {said}"));
        }
        // What stands further down than the window is reached by scrolling; nothing stands above.
        if role == Role::Tab && (rect.top() < -SLACK || rect.bottom() > height + SLACK) {
            faults.push(format!("outside: {said}"));
        }
        // A box or a sign has its words for screen readers only.
        if WITH_WORDS.contains(&role) && rect.width() > SIGN {
            let natural = window.harness.ctx.fonts_mut(|fonts| {
                let color = egui::Color32::WHITE;
                fonts
                    .layout_no_wrap(name.clone(), small.clone(), color)
                    .size()
            });
            // Words may stand on several lines.
            let lines = (rect.height() / natural.y).floor().max(1.0);
            if rect.width() * lines + SLACK < natural.x && natural.x < width {
                faults.push(format!("cut: {said}, needs {natural:?}"));
            }
        }
    }
    faults
}

fn assert_fits(window: &mut Window, size: (f32, f32), what: &str) {
    window.harness.set_size(egui::vec2(size.0, size.1));
    window.frames();
    let faults = faults(window, size);
    assert!(
        faults.is_empty(),
        "{what} at {size:?}:\n{}",
        faults.join("\n")
    );
}

#[test]
fn the_connect_screen_fits() {
    for size in SIZES {
        let mut window = Window::new();
        assert_fits(&mut window, size, "the connect screen");
    }
}

#[test]
fn empty_screens_fit() {
    for size in SIZES {
        let mut window = Window::connected();
        for screen in ["Live", "Publish", "Dead letters", "Schemas"] {
            if screen != "Live" {
                window.tab(screen);
            }
            assert_fits(&mut window, size, screen);
        }
    }
}

#[test]
fn a_full_live_screen_fits() {
    let mut window = Window::connected();
    let tap = start_tap(&mut window);
    let body = r#"{"orderId":"ORD-2024-000123","amount":129.90,"items":[{"sku":"ABC-1"}]}"#;
    let events: Vec<_> = (0..60)
        .map(|number| event(&format!("order.created.region-{number}"), body))
        .collect();
    window.receive(tap, &events);
    for size in SIZES {
        assert_fits(&mut window, size, "Live with events");
    }
    let row = window.rows().remove(0);
    window.click(Role::Row, &row);
    for size in SIZES {
        assert_fits(&mut window, size, "Live with an event open");
    }
}

#[test]
fn a_full_dead_letter_screen_fits() {
    let mut window = Window::connected();
    let bodies: Vec<Arc<_>> = (0..40)
        .map(|number| dead_letter(&format!("{{\"amount\": \"{number}.90\"}}")))
        .collect();
    peek_events(&mut window, bodies);
    for size in SIZES {
        assert_fits(&mut window, size, "Dead letters with messages");
    }
    let row = window.rows().remove(1);
    window.click(Role::Row, &row);
    for size in SIZES {
        assert_fits(&mut window, size, "Dead letters with a message open");
    }
    let lost = Link::Lost {
        address: Address::RabbitMq(Endpoint::default()),
        reason: "connection refused".to_owned(),
        since: chrono::Utc::now(),
        retry_at: chrono::Utc::now(),
    };
    window.tell(Update::Source(SourceId::FIRST, SourceUpdate::Link(lost)));
    for size in SIZES {
        assert_fits(&mut window, size, "Dead letters with a lost connection");
    }
}

#[test]
fn full_forms_and_schemas_fit() {
    let mut window = form(1280.0, 800.0);
    window.press("Valid sample");
    for size in SIZES {
        assert_fits(&mut window, size, "Publish with a form");
    }
    let mut window = compared();
    let tabs = [
        "Side by side",
        "Event that breaks",
        "Matrix",
        "In the stream",
        "Learned",
        "Changes",
    ];
    for tab in tabs {
        window.tab(tab);
        for size in SIZES {
            assert_fits(&mut window, size, tab);
        }
    }
    window.press("What if…");
    for size in SIZES {
        assert_fits(&mut window, size, "a draft");
    }
}

#[test]
fn help_closes_by_a_button_in_sight() {
    let mut window = Window::connected();
    window.harness.set_size(egui::vec2(760.0, 500.0));
    window.frames();
    window.press("Help");
    window.frames();
    let close = window.harness.get_by_role_and_label(Role::Button, "Close");
    let rect = close.rect();
    assert!(rect.top() > 0.0 && rect.bottom() < 500.0, "{rect:?}");
}
