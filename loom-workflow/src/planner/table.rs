//! Tables as text.

use std::collections::BTreeSet;

use crate::Value;
use crate::definition::TableFormat;

/// A table: a header, and a cell of each row, for each column.
pub(super) struct Rows {
    pub(super) headers: Vec<String>,
    pub(super) cells: Vec<Vec<String>>,
}

/// The columns of rows that are objects: all names, in the order in which they appear. Nothing if
/// one is no object.
pub(super) fn columns_of(rows: &[Value]) -> Option<Rows> {
    let mut seen = BTreeSet::new();
    let mut names: Vec<String> = Vec::new();
    for row in rows {
        for name in row.as_object()?.keys() {
            if seen.insert(name.to_string()) {
                names.push(name.to_string());
            }
        }
    }
    let cell = |row: &Value, name: &String| {
        let value = row.as_object().and_then(|row| row.get(name));
        value.map(|value| value.to_text().to_string()).unwrap_or_default()
    };
    let line = |row: &Value| names.iter().map(|name| cell(row, name)).collect();
    let cells = rows.iter().map(line).collect();
    Some(Rows { headers: names, cells })
}

pub(super) fn write(format: TableFormat, rows: &Rows) -> String {
    let Rows { headers, cells } = rows;
    match format {
        TableFormat::Csv => csv(headers, cells),
        TableFormat::Html => html(headers, cells),
    }
}

fn csv(headers: &[String], cells: &[Vec<String>]) -> String {
    let mut text = String::new();
    if headers.is_empty() {
        return text;
    }
    for line in std::iter::once(headers).chain(cells.iter().map(Vec::as_slice)) {
        for (at, cell) in line.iter().enumerate() {
            if at > 0 {
                text.push(',');
            }
            if cell.contains(['"', ',', '\r', '\n']) {
                text.push('"');
                text.push_str(&cell.replace('"', "\"\""));
                text.push('"');
            } else {
                text.push_str(cell);
            }
        }
        text.push_str("\r\n");
    }
    text
}

fn html(headers: &[String], cells: &[Vec<String>]) -> String {
    let mut text = String::from("<table>");
    if !headers.is_empty() {
        text.push_str("<thead>");
        row(&mut text, "th", headers);
        text.push_str("</thead>");
    }
    text.push_str("<tbody>");
    for line in cells.iter().filter(|line| !line.is_empty()) {
        row(&mut text, "td", line);
    }
    text.push_str("</tbody></table>");
    text
}

fn row(text: &mut String, tag: &str, cells: &[String]) {
    text.push_str("<tr>");
    for cell in cells {
        for part in ["<", tag, ">", &encoded(cell), "</", tag, ">"] {
            text.push_str(part);
        }
    }
    text.push_str("</tr>");
}

/// As `WebUtility.HtmlEncode` does it: marks, Latin-1 above ASCII, and what takes two UTF-16 units.
fn encoded(cell: &str) -> String {
    let mut text = String::with_capacity(cell.len());
    for c in cell.chars() {
        match c {
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '&' => text.push_str("&amp;"),
            '"' => text.push_str("&quot;"),
            '\'' => text.push_str("&#39;"),
            '\u{a0}'..='\u{ff}' | '\u{10000}'.. => {
                text.push_str("&#");
                text.push_str(&u32::from(c).to_string());
                text.push(';');
            }
            c => text.push(c),
        }
    }
    text
}
