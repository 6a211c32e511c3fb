use super::{Read1, Reader, Source};

/// What is read from `input`, in short.
fn read(input: &[u8]) -> Vec<String> {
    let reader = Reader { batch: String::new(), payload_bytes_max: 100 };
    let mut source = Source::new(reader, input);
    std::iter::from_fn(move || source.next())
        .map(|read| match read {
            Read1::Line(line, position) => format!("{}@{position} {}", line.number, line.to),
            Read1::Bad(bad) => format!("bad {bad}"),
            Read1::Broken(error) => format!("broken {error}"),
        })
        .collect()
}

const A: &str = r#"{"to":"tally/a","method":"add"}"#;

#[test]
fn lines_are_counted_with_those_that_are_empty() {
    let input = format!("\u{feff}{A}\r\n\n \t\n{A}\n{{\n{A}");
    let expected =
        ["1@36 tally/a", "4@72 tally/a", "bad 5:1: EOF while parsing an object", "6@105 tally/a"];
    assert_eq!(read(input.as_bytes()), expected);
}

#[test]
fn a_line_that_is_too_long_is_skipped_to_its_end() {
    let long = "x".repeat(200_000);
    let input = format!("{A}\n{long}\n{A}\n{long}");
    let too_long = |number: u64, bytes| {
        format!("bad {number}:16484: the line is {bytes} bytes long, and a message can have 16484")
    };
    let expected = [
        "1@32 tally/a".to_owned(),
        too_long(2, 200_001),
        "3@200065 tally/a".to_owned(),
        too_long(4, 200_000),
    ];
    assert_eq!(read(input.as_bytes()), expected);
}

#[test]
fn an_empty_input_has_no_lines() {
    assert_eq!(read(b""), [""; 0]);
    assert_eq!(read(b"\n\n"), [""; 0]);
}
