//! How a culture writes numbers and dates, as the service has it where that was measured, and
//! else as Windows has it.

/// The names, signs and patterns of one culture.
#[derive(Debug)]
pub(crate) struct Culture {
    pub(crate) name: &'static str,
    pub(crate) months: [&'static str; 12],
    pub(crate) months_short: [&'static str; 12],
    /// From Sunday.
    pub(crate) days: [&'static str; 7],
    pub(crate) days_short: [&'static str; 7],
    pub(crate) halves: [&'static str; 2],
    pub(crate) date_separator: &'static str,
    pub(crate) short_date: &'static str,
    pub(crate) long_date: &'static str,
    pub(crate) short_time: &'static str,
    pub(crate) long_time: &'static str,
    pub(crate) month_day: &'static str,
    pub(crate) year_month: &'static str,
    /// Whether a date in digits begins with the month.
    pub(crate) month_first: bool,
    pub(crate) point: &'static str,
    pub(crate) group: &'static str,
    /// `n` stands for the amount.
    pub(crate) currency: &'static str,
    pub(crate) currency_digits: u32,
    /// `n` stands for the amount.
    pub(crate) percent: &'static str,
}

const ENGLISH_MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const ENGLISH_MONTHS_SHORT: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

const ENGLISH_DAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

const ENGLISH_DAYS_SHORT: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/// No culture at all.
const INVARIANT: Culture = Culture {
    name: "",
    months: ENGLISH_MONTHS,
    months_short: ENGLISH_MONTHS_SHORT,
    days: ENGLISH_DAYS,
    days_short: ENGLISH_DAYS_SHORT,
    halves: ["AM", "PM"],
    date_separator: "/",
    short_date: "MM/dd/yyyy",
    long_date: "dddd, dd MMMM yyyy",
    short_time: "HH:mm",
    long_time: "HH:mm:ss",
    month_day: "MMMM dd",
    year_month: "yyyy MMMM",
    month_first: true,
    point: ".",
    group: ",",
    currency: "¤n",
    currency_digits: 2,
    percent: "n %",
};

const EN_US: Culture = Culture {
    name: "en-us",
    short_date: "M/d/yyyy",
    long_date: "dddd, MMMM d, yyyy",
    short_time: "h:mm tt",
    long_time: "h:mm:ss tt",
    month_day: "MMMM d",
    year_month: "MMMM yyyy",
    currency: "$n",
    percent: "n%",
    ..INVARIANT
};

const EN_GB: Culture = Culture {
    name: "en-gb",
    halves: ["am", "pm"],
    short_date: "dd/MM/yyyy",
    long_date: "dd MMMM yyyy",
    month_day: "d MMMM",
    year_month: "MMMM yyyy",
    month_first: false,
    currency: "£n",
    percent: "n%",
    ..INVARIANT
};

const DE_DE: Culture = Culture {
    name: "de-de",
    months: [
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ],
    months_short: [
        "Jan.", "Feb.", "März", "Apr.", "Mai", "Juni", "Juli", "Aug.", "Sept.", "Okt.", "Nov.",
        "Dez.",
    ],
    days: ["Sonntag", "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag"],
    days_short: ["So", "Mo", "Di", "Mi", "Do", "Fr", "Sa"],
    date_separator: ".",
    short_date: "dd.MM.yyyy",
    long_date: "dddd, d. MMMM yyyy",
    month_day: "d. MMMM",
    year_month: "MMMM yyyy",
    month_first: false,
    point: ",",
    group: ".",
    currency: "n €",
    ..INVARIANT
};

const FR_FR: Culture = Culture {
    name: "fr-fr",
    months: [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ],
    months_short: [
        "janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.",
        "déc.",
    ],
    days: ["dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"],
    days_short: ["dim.", "lun.", "mar.", "mer.", "jeu.", "ven.", "sam."],
    short_date: "dd/MM/yyyy",
    long_date: "dddd d MMMM yyyy",
    month_day: "d MMMM",
    year_month: "MMMM yyyy",
    month_first: false,
    point: ",",
    group: "\u{a0}",
    currency: "n €",
    ..INVARIANT
};

const ES_ES: Culture = Culture {
    name: "es-es",
    months: [
        "enero",
        "febrero",
        "marzo",
        "abril",
        "mayo",
        "junio",
        "julio",
        "agosto",
        "septiembre",
        "octubre",
        "noviembre",
        "diciembre",
    ],
    months_short: [
        "ene.", "feb.", "mar.", "abr.", "may.", "jun.", "jul.", "ago.", "sep.", "oct.", "nov.",
        "dic.",
    ],
    days: ["domingo", "lunes", "martes", "miércoles", "jueves", "viernes", "sábado"],
    days_short: ["do.", "lu.", "ma.", "mi.", "ju.", "vi.", "sá."],
    halves: ["", ""],
    short_date: "dd/MM/yyyy",
    long_date: "dddd, d 'de' MMMM 'de' yyyy",
    short_time: "H:mm",
    long_time: "H:mm:ss",
    month_day: "d 'de' MMMM",
    year_month: "MMMM 'de' yyyy",
    month_first: false,
    point: ",",
    group: ".",
    currency: "n €",
    ..INVARIANT
};

const IS_IS: Culture = Culture {
    name: "is-is",
    months: [
        "janúar",
        "febrúar",
        "mars",
        "apríl",
        "maí",
        "júní",
        "júlí",
        "ágúst",
        "september",
        "október",
        "nóvember",
        "desember",
    ],
    months_short: [
        "jan.", "feb.", "mar.", "apr.", "maí", "jún.", "júl.", "ágú.", "sep.", "okt.", "nóv.",
        "des.",
    ],
    days: [
        "sunnudagur",
        "mánudagur",
        "þriðjudagur",
        "miðvikudagur",
        "fimmtudagur",
        "föstudagur",
        "laugardagur",
    ],
    days_short: ["sun.", "mán.", "þri.", "mið.", "fim.", "fös.", "lau."],
    halves: ["f.h.", "e.h."],
    date_separator: ".",
    short_date: "d.M.yyyy",
    long_date: "dddd, d. MMMM yyyy",
    month_day: "d. MMMM",
    year_month: "MMMM yyyy",
    month_first: false,
    point: ",",
    group: ".",
    currency: "n kr",
    currency_digits: 0,
    percent: "n%",
    ..INVARIANT
};

/// All cultures that are known. The language alone stands for the first that has it.
const CULTURES: [&Culture; 7] = [&INVARIANT, &EN_US, &EN_GB, &DE_DE, &FR_FR, &ES_ES, &IS_IS];

impl Culture {
    pub(crate) const INVARIANT: &'static Self = &INVARIANT;
    pub(crate) const EN_US: &'static Self = &EN_US;

    /// The culture of that name, in any case.
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        let name = name.to_ascii_lowercase().replace('_', "-");
        let exact = CULTURES.into_iter().find(|culture| culture.name == name);
        let language = |culture: &&Self| culture.name.split('-').next() == Some(name.as_str());
        exact.or_else(|| CULTURES.into_iter().find(language))
    }
}
