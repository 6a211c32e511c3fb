use super::{BaseUrl, InvalidBaseUrl};

#[test]
fn an_address_to_begin_with_is_one_without_anything_after_its_path() {
    use InvalidBaseUrl::{NoAddress, Scheme, Surplus};
    let rows = [
        ("https://loom.example", Ok("https://loom.example")),
        ("HTTP://Loom.example:8080/", Ok("http://loom.example:8080")),
        ("https://loom.example/behind/a/proxy/", Ok("https://loom.example/behind/a/proxy")),
        ("http://[::1]:7070", Ok("http://[::1]:7070")),
        ("loom.example", Err(NoAddress)),
        ("https://", Err(NoAddress)),
        ("", Err(NoAddress)),
        ("ftp://loom.example", Err(Scheme)),
        ("redis://u:p@loom.example", Err(Scheme)),
        ("https://u@loom.example", Err(Surplus)),
        ("https://u:p@loom.example", Err(Surplus)),
        ("https://:p@loom.example", Err(Surplus)),
        ("https://loom.example/?a=1", Err(Surplus)),
        ("https://loom.example?", Err(Surplus)),
        ("https://loom.example/#here", Err(Surplus)),
    ];
    for (text, expected) in rows {
        let parsed = text.parse::<BaseUrl>();
        assert_eq!(
            parsed.as_ref().map(BaseUrl::as_str).map_err(|error| *error),
            expected,
            "{text}"
        );
    }
}

#[test]
fn a_host_that_listens_everywhere_is_called_on_its_own_machine() {
    let rows = [
        ("10.0.0.4:7070", "http://10.0.0.4:7070"),
        ("0.0.0.0:7070", "http://127.0.0.1:7070"),
        ("[::]:7070", "http://[::1]:7070"),
    ];
    for (listen, expected) in rows {
        assert_eq!(BaseUrl::of_listener(listen.parse().unwrap()).as_str(), expected);
    }
}
