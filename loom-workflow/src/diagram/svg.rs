//! SVG 1.1, without scripts and without anything from elsewhere.

use std::fmt::Write as _;

use super::layout::{Arrow, Drawing, Look, Shape, lay_out, short};
use crate::definition::Definition;

const STYLE: &str = "text{font:13px sans-serif;fill:#222}.type,.when{font-size:11px;fill:#666}\
rect{stroke:#8a8f98;fill:#fff}.trigger rect{fill:#e6f4ea}.container rect{fill:#f3f6fb}\
.branch rect{fill:#fff;stroke-dasharray:4 3}path{fill:none;stroke:#5a6472}";

/// The definition as an SVG picture that stands by itself.
#[must_use]
pub fn svg(definition: &Definition) -> String {
    let drawing = lay_out(definition);
    let mut text = String::new();
    let written = write(&mut text, &drawing);
    debug_assert_eq!(written, Ok(()), "a string takes all that is written");
    text
}

fn write(text: &mut String, drawing: &Drawing) -> std::fmt::Result {
    let Drawing { width, height, .. } = drawing;
    writeln!(
        text,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" \
         width=\"{width:.0}\" height=\"{height:.0}\">"
    )?;
    writeln!(text, "<style>{STYLE}</style>")?;
    writeln!(
        text,
        "<defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"8\" \
         markerHeight=\"8\" orient=\"auto\"><polygon points=\"0,0 8,4 0,8\" fill=\"#5a6472\"/>\
         </marker></defs>"
    )?;
    for shape in &drawing.shapes {
        write_shape(text, shape)?;
    }
    for arrow in &drawing.arrows {
        write_arrow(text, arrow)?;
    }
    writeln!(text, "</svg>")
}

fn write_shape(text: &mut String, shape: &Shape) -> std::fmt::Result {
    let Shape { area, title, subtitle, look } = shape;
    let (class, corner) = match look {
        Look::Trigger => ("trigger", 18),
        Look::Action => ("action", 5),
        Look::Container => ("container", 5),
        Look::Branch => ("branch", 3),
    };
    let (x, y, width, height) = (area.x, area.y, area.width, area.height);
    write!(text, "<g class=\"{class}\"><title>{}</title>", escaped(title))?;
    write!(
        text,
        "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" \
         rx=\"{corner}\"/>"
    )?;
    let middle = x + width / 2.0;
    let (title, subtitle) = (escaped(&short(title)), escaped(&short(subtitle)));
    write!(text, "<text x=\"{middle:.1}\" y=\"{:.1}\" text-anchor=\"middle\">", y + 16.0)?;
    writeln!(text, "{title}</text>")?;
    if !subtitle.is_empty() {
        write!(text, "<text class=\"type\" x=\"{middle:.1}\" y=\"{:.1}\" ", y + 31.0)?;
        writeln!(text, "text-anchor=\"middle\">{subtitle}</text>")?;
    }
    writeln!(text, "</g>")
}

fn write_arrow(text: &mut String, arrow: &Arrow) -> std::fmt::Result {
    let Arrow { from: (x1, y1), to: (x2, y2), label } = arrow;
    let bend = (y2 - y1) / 2.0;
    let dash = if label.is_some() { " stroke-dasharray=\"5 4\"" } else { "" };
    writeln!(
        text,
        "<path d=\"M{x1:.1} {y1:.1} C{x1:.1} {:.1} {x2:.1} {:.1} {x2:.1} {y2:.1}\"{dash} \
         marker-end=\"url(#tip)\"/>",
        y1 + bend,
        y2 - bend
    )?;
    let Some(label) = label else { return Ok(()) };
    let (x, y) = (f64::midpoint(*x1, *x2), f64::midpoint(*y1, *y2));
    writeln!(
        text,
        "<text class=\"when\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"middle\">{}</text>",
        escaped(label)
    )
}

/// Text that is neither markup nor a character that XML has not.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\n' | '\t' => safe.push(' '),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => safe.push(c),
        }
    }
    safe
}
