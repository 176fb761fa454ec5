//! The only file that knows colours, sizes and spacing.
#![expect(
    clippy::disallowed_methods,
    reason = "colours are made here and nowhere else"
)]

use eframe::egui::{
    self, Color32, CornerRadius, FontFamily, FontId, Margin, Stroke, TextStyle, Theme, Visuals,
};

use crate::schema::stream::claim::Judgement;

/// Height of a table row in points.
pub const ROW: f32 = 22.0;
/// One step of the grid, in points.
pub const STEP: f32 = 4.0;

/// The colours of one theme, by meaning.
#[derive(Clone, Copy, Debug)]
pub struct Palette {
    /// Behind everything.
    pub base: Color32,
    /// Panels and bars.
    pub panel: Color32,
    /// Fields, buttons, cards.
    pub raised: Color32,
    /// Lines between areas.
    pub line: Color32,
    /// Words.
    pub text: Color32,
    /// Words of less weight.
    pub weak: Color32,
    /// The one accent.
    pub accent: Color32,
    /// Words on the accent.
    pub on_accent: Color32,
    /// A selected row.
    pub selected: Color32,
    /// A row under the pointer.
    pub hovered: Color32,
    /// A good verdict.
    pub good: Color32,
    /// A verdict that needs attention.
    pub warn: Color32,
    /// A bad verdict.
    pub bad: Color32,
    /// Strings in a payload.
    pub string: Color32,
    /// Numbers and literals in a payload.
    pub number: Color32,
    /// Member names in a payload.
    pub name: Color32,
    keys: [Color32; 8],
    taps: [Color32; crate::state::live::taps::COLOURS],
}

const fn rgb(hex: u32) -> Color32 {
    let [_, red, green, blue] = hex.to_be_bytes();
    Color32::from_rgb(red, green, blue)
}

const DARK: Palette = Palette {
    base: rgb(0x0012_151a),
    panel: rgb(0x0018_1c22),
    raised: rgb(0x0023_2932),
    line: rgb(0x002c_323c),
    text: rgb(0x00dd_e2ea),
    weak: rgb(0x0092_9cab),
    accent: rgb(0x0058_9dfc),
    on_accent: rgb(0x0008_1222),
    selected: rgb(0x0022_3b5e),
    hovered: rgb(0x001f_252e),
    good: rgb(0x0050_c48f),
    warn: rgb(0x00e3_a94a),
    bad: rgb(0x00ee_6b60),
    string: rgb(0x00a5_d68b),
    number: rgb(0x00e0_b070),
    name: rgb(0x0085_b8f0),
    keys: [
        rgb(0x006c_b6ff),
        rgb(0x00f0_a35e),
        rgb(0x007f_d1a0),
        rgb(0x00d5_93e0),
        rgb(0x00e8_cf6a),
        rgb(0x005f_d0d3),
        rgb(0x00f3_8fa3),
        rgb(0x00ad_a6f5),
    ],
    taps: [
        rgb(0x0058_9dfc),
        rgb(0x00c4_8bf2),
        rgb(0x0045_cbd1),
        rgb(0x00f0_8ac8),
        rgb(0x00b9_c2d0),
        rgb(0x008d_8cf5),
    ],
};

const LIGHT: Palette = Palette {
    base: rgb(0x00ff_ffff),
    panel: rgb(0x00f5_f6f8),
    raised: rgb(0x00e8_ebf0),
    line: rgb(0x00d6_dae1),
    text: rgb(0x001b_212b),
    weak: rgb(0x005c_6675),
    accent: rgb(0x001e_63d0),
    on_accent: rgb(0x00ff_ffff),
    selected: rgb(0x00d3_e4fd),
    hovered: rgb(0x00ee_f1f5),
    good: rgb(0x000f_7a4c),
    warn: rgb(0x009a_6200),
    bad: rgb(0x00c0_2f24),
    string: rgb(0x002f_7219),
    number: rgb(0x0095_5200),
    name: rgb(0x0017_559e),
    keys: [
        rgb(0x001b_63b8),
        rgb(0x00b3_5609),
        rgb(0x001c_7a45),
        rgb(0x0093_3aa8),
        rgb(0x0080_6800),
        rgb(0x000b_7378),
        rgb(0x00b8_2f51),
        rgb(0x0057_4bc4),
    ],
    taps: [
        rgb(0x001e_63d0),
        rgb(0x0089_3cc0),
        rgb(0x000a_7a86),
        rgb(0x00b0_2f86),
        rgb(0x005b_6678),
        rgb(0x0049_44c9),
    ],
};

impl Palette {
    /// The palette of the theme in force.
    #[must_use]
    pub fn of(ui: &egui::Ui) -> &'static Self {
        if ui.visuals().dark_mode {
            &DARK
        } else {
            &LIGHT
        }
    }

    /// The colour of a tap; none of them means a verdict.
    #[must_use]
    pub fn tap(&self, colour: usize) -> Color32 {
        self.taps[colour % self.taps.len()]
    }

    /// The colour of a source. They are those of the taps from the other end, so that a source and its
    /// first tap are not alike.
    #[must_use]
    pub fn source(&self, colour: usize) -> Color32 {
        let last = self.taps.len() - 1;
        self.taps[last - colour % self.taps.len()]
    }

    /// The colour of what an event is by its schema.
    #[must_use]
    pub fn judgement(&self, judgement: &Judgement) -> Color32 {
        match judgement {
            Judgement::Matches => self.good,
            Judgement::Fails(_) | Judgement::FitsOnly(_) => self.bad,
            Judgement::Unclaimed(fits) if fits.is_empty() => self.bad,
            Judgement::Unclaimed(_) | Judgement::UnknownVersion => self.warn,
            Judgement::NoSchema | Judgement::NotJson | Judgement::TooLarge => self.weak,
        }
    }

    /// The stable colour of a key: the same first word always has the same one.
    #[must_use]
    pub fn key(&self, key: &str) -> Color32 {
        let word = crate::state::live::tree::first_word(key);
        // FNV-1a: tiny, and the same in every run, which std's hasher does not promise.
        let hash = word.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        self.keys[usize::try_from((hash >> 44) % 8).unwrap_or_default()]
    }
}

/// Sizes of text in points: small, body, title, headline.
pub const SIZES: [f32; 4] = [11.0, 13.0, 16.0, 20.0];

/// The font of keys, ids and payloads.
#[must_use]
pub fn mono() -> FontId {
    FontId::new(12.0, FontFamily::Monospace)
}

/// The font of words in tables.
#[must_use]
pub fn words() -> FontId {
    FontId::new(SIZES[1], FontFamily::Proportional)
}

/// Puts both themes into the context.
pub fn install(ctx: &egui::Context) {
    ctx.set_visuals_of(Theme::Dark, visuals(Visuals::dark(), &DARK));
    ctx.set_visuals_of(Theme::Light, visuals(Visuals::light(), &LIGHT));
    ctx.all_styles_mut(|style| {
        let proportional = |size| FontId::new(size, FontFamily::Proportional);
        style.text_styles = [
            (TextStyle::Small, proportional(SIZES[0])),
            (TextStyle::Body, proportional(SIZES[1])),
            (TextStyle::Button, proportional(SIZES[1])),
            (TextStyle::Heading, proportional(SIZES[2])),
            (TextStyle::Monospace, mono()),
        ]
        .into();
        style.spacing.item_spacing = egui::vec2(STEP * 2.0, STEP * 1.5);
        style.spacing.button_padding = egui::vec2(STEP * 2.5, STEP);
        style.spacing.interact_size.y = 26.0;
        style.spacing.menu_margin = Margin::same(6);
        style.interaction.tooltip_delay = 0.4;
        style.animation_time = 0.08;
    });
}

fn visuals(mut visuals: Visuals, palette: &Palette) -> Visuals {
    let radius = CornerRadius::same(4);
    visuals.panel_fill = palette.panel;
    visuals.window_fill = palette.panel;
    visuals.window_stroke = Stroke::new(1.0, palette.line);
    visuals.extreme_bg_color = palette.base;
    visuals.faint_bg_color = palette.hovered;
    visuals.code_bg_color = palette.raised;
    visuals.override_text_color = Some(palette.text);
    visuals.weak_text_color = Some(palette.weak);
    visuals.hyperlink_color = palette.accent;
    visuals.warn_fg_color = palette.warn;
    visuals.error_fg_color = palette.bad;
    visuals.selection.bg_fill = palette.selected;
    visuals.selection.stroke = Stroke::new(1.0, palette.accent);
    visuals.window_corner_radius = CornerRadius::same(8);
    visuals.menu_corner_radius = CornerRadius::same(6);
    let widgets = &mut visuals.widgets;
    for (widget, fill, line) in [
        (&mut widgets.noninteractive, palette.panel, palette.line),
        (&mut widgets.inactive, palette.raised, palette.line),
        (&mut widgets.hovered, palette.raised, palette.weak),
        (&mut widgets.active, palette.selected, palette.accent),
        (&mut widgets.open, palette.raised, palette.accent),
    ] {
        widget.bg_fill = fill;
        widget.weak_bg_fill = fill;
        widget.bg_stroke = Stroke::new(1.0, line);
        widget.fg_stroke = Stroke::new(1.0, palette.text);
        widget.corner_radius = radius;
        widget.expansion = 0.0;
    }
    visuals
}
