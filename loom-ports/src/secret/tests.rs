use super::*;

#[derive(Clone, Debug)]
#[expect(dead_code, reason = "it is printed")]
struct Settings {
    user: &'static str,
    password: Secret<String>,
}

#[test]
fn a_secret_is_never_printed() {
    let settings = Settings { user: "ann", password: Secret::new("hunter2".into()) };
    let copy = settings.clone();
    let printed = format!("{settings:?} {copy:#?} {} {:>40}", settings.password, copy.password);
    assert!(printed.contains("ann") && printed.contains("[secret]"), "{printed}");
    for form in ["hunter2", "aHVudGVyMg", "68756e74"] {
        assert!(!printed.contains(form), "{printed}");
    }
    assert_eq!(settings.password.expose(), "hunter2");
}
