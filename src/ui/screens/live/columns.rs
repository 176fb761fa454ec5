//! The columns of the live table: which there are, how wide, and which are shown.

use eframe::egui::{Checkbox, Ui};

use crate::analysis::SortBy;
use crate::ui::parts::by_source::StoreWords;

/// What stands in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Column {
    Time,
    Gap,
    Destination,
    Key,
    Type,
    Version,
    Schema,
    Id,
    Correlation,
    Size,
    Summary,
}

impl Column {
    const ALL: [Self; 11] = [
        Self::Time,
        Self::Gap,
        Self::Destination,
        Self::Key,
        Self::Type,
        Self::Version,
        Self::Schema,
        Self::Id,
        Self::Correlation,
        Self::Size,
        Self::Summary,
    ];

    pub(crate) fn name(self, words: StoreWords) -> &'static str {
        match self {
            Self::Time => "Time",
            Self::Gap => "Gap",
            Self::Destination => words.destination,
            Self::Key => words.key,
            Self::Type => "Type",
            Self::Version => "Version",
            Self::Schema => "Schema",
            Self::Id => "Id",
            Self::Correlation => "Correlation id",
            Self::Size => "Size",
            Self::Summary => "Summary",
        }
    }

    /// Width in points before the person changes it; the summary takes what is left.
    pub(crate) fn width(self) -> Option<f32> {
        Some(match self {
            Self::Time => 92.0,
            Self::Gap => 72.0,
            Self::Destination | Self::Correlation => 96.0,
            Self::Key => 150.0,
            Self::Type => 120.0,
            Self::Version => 58.0,
            Self::Schema => 84.0,
            Self::Id => 90.0,
            Self::Size => 64.0,
            Self::Summary => return None,
        })
    }

    /// How rows are sorted by it, where that makes sense.
    pub(crate) fn sort(self) -> Option<SortBy> {
        Some(match self {
            Self::Time => SortBy::Time,
            Self::Destination => SortBy::Destination,
            Self::Key => SortBy::Key,
            Self::Type => SortBy::Type,
            Self::Version => SortBy::Version,
            Self::Id => SortBy::Id,
            Self::Size => SortBy::Size,
            Self::Gap | Self::Schema | Self::Correlation | Self::Summary => return None,
        })
    }

    /// True for numbers, which stand on the right.
    pub(crate) fn is_right(self) -> bool {
        matches!(self, Self::Gap | Self::Version | Self::Size)
    }
}

/// Which columns the person wants; until they choose, what fits.
#[derive(Debug, Default)]
pub struct Columns {
    chosen: Option<Vec<Column>>,
}

impl Columns {
    /// The columns to show in this width. In a conversation the gaps between events are the point.
    /// Where there are schemas, whether an event matches says more than the version it claims.
    pub(crate) fn shown(&self, width: f32, conversation: bool, schemas: bool) -> Vec<Column> {
        use Column::{Destination, Gap, Id, Key, Schema, Size, Summary, Time, Type, Version};
        if let Some(chosen) = &self.chosen {
            return chosen.clone();
        }
        let mut columns = if width > 860.0 {
            vec![Time, Destination, Key, Type, Version, Id, Size, Summary]
        } else if width > 640.0 {
            vec![Time, Key, Version, Id, Size, Summary]
        } else {
            vec![Time, Key, Version, Summary]
        };
        if schemas && let Some(version) = columns.iter_mut().find(|column| **column == Version) {
            *version = Schema;
        }
        if conversation {
            columns.insert(1, Gap);
        }
        columns
    }

    /// The menu that chooses them.
    pub(crate) fn menu_ui(&mut self, ui: &mut Ui, shown: &[Column], words: StoreWords) {
        ui.menu_button("Columns", |ui| {
            for column in Column::ALL {
                let mut on = shown.contains(&column);
                // The last one must stay: an empty table has no header to come back from.
                let only = shown.len() == 1 && on;
                let check = Checkbox::new(&mut on, column.name(words));
                if ui.add_enabled(!only, check).changed() {
                    let wanted = |other: &Column| {
                        if *other == column {
                            on
                        } else {
                            shown.contains(other)
                        }
                    };
                    self.chosen = Some(Column::ALL.into_iter().filter(wanted).collect());
                }
            }
            ui.separator();
            if ui.button("What fits").clicked() {
                self.chosen = None;
                ui.close();
            }
        });
    }
}
