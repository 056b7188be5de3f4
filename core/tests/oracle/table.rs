//! A full factorial table and its short form: values that lead to the same outcomes share a line.
//!
//! It knows columns, values and outcomes as text; what they mean is its caller's business.

pub(crate) struct Column {
    pub(crate) name: &'static str,
    /// How wide its cells are at least. It is fixed, so that a change of one line leaves the others alone.
    width: usize,
    pub(crate) values: Vec<String>,
}

impl Column {
    pub(crate) fn new(
        name: &'static str,
        width: usize,
        values: impl IntoIterator<Item = impl Into<String>>,
    ) -> Column {
        let values = values.into_iter().map(Into::into).collect();
        Column {
            name,
            width,
            values,
        }
    }
}

/// The columns, and one outcome for each combination of their values, the last column turning fastest.
/// An outcome that is None is a combination that cannot be.
pub(crate) struct Table {
    pub(crate) columns: Vec<Column>,
    pub(crate) outcomes: Vec<Option<&'static str>>,
}

impl Table {
    /// The table as lines, a headline first.
    pub(crate) fn lines(&self) -> Vec<String> {
        let cells: usize = self
            .columns
            .iter()
            .map(|column| column.values.len())
            .product();
        assert_eq!(self.outcomes.len(), cells, "an outcome for each cell");
        let mut headline: Vec<String> = self
            .columns
            .iter()
            .map(|column| column.name.to_owned())
            .collect();
        headline.push("outcome".into());
        let mut rows = vec![headline];
        merge(&self.columns, &self.outcomes, &mut Vec::new(), &mut rows);
        rows.iter().map(|row| self.line(row)).collect()
    }

    fn line(&self, row: &[String]) -> String {
        let widths = self.columns.iter().map(|column| column.width).chain([0]);
        let cells: Vec<String> = row
            .iter()
            .zip(widths)
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        cells.join("  ").trim_end().to_owned()
    }
}

/// Adds a line for each leaf: values of the first column with equal sub-tables go together, and so on down.
fn merge(
    columns: &[Column],
    outcomes: &[Option<&'static str>],
    prefix: &mut Vec<String>,
    rows: &mut Vec<Vec<String>>,
) {
    let Some((column, rest)) = columns.split_first() else {
        if let Some(outcome) = &outcomes[0] {
            let mut row = prefix.clone();
            row.push((*outcome).to_owned());
            rows.push(row);
        }
        return;
    };
    let size = outcomes.len() / column.values.len();
    let mut groups: Vec<(&[Option<&'static str>], Vec<&str>)> = Vec::new();
    for (value, part) in column.values.iter().zip(outcomes.chunks(size)) {
        if part.iter().all(Option::is_none) {
            continue;
        }
        match groups.iter_mut().find(|(known, _)| *known == part) {
            Some((_, values)) => values.push(value),
            None => groups.push((part, vec![value])),
        }
    }
    // A long list goes last and reads `other`.
    groups.sort_by_key(|(_, values)| is_long(values, column));
    let (alone, last) = (groups.len() == 1, groups.len() - 1);
    for (number, (part, values)) in groups.into_iter().enumerate() {
        prefix.push(match alone {
            true => "*".into(),
            false if number == last && is_long(&values, column) => "other".into(),
            false => values.join("/"),
        });
        merge(rest, part, prefix, rows);
        prefix.pop();
    }
}

/// Whether these are most of the column's values and too many to name.
fn is_long(values: &[&str], column: &Column) -> bool {
    values.len() >= 5 && values.len() * 2 > column.values.len()
}
