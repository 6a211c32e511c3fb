//! The secrets of the vault.

use std::collections::BTreeMap;
use std::time::SystemTime;

use serde_json::{Map, Value, json};

use super::serving::{Answer, Asked, refusal};

/// The service's own bounds.
const VALUE_BYTES_MAX: usize = 25 * 1024;
const TAGS_MAX: usize = 15;
const TAG_CHARS_MAX: usize = 256;
const PAGE: usize = 25;
/// For how many requests about a secret a deletion, a recovery or a purge is still under way.
const LAG: u8 = 2;

#[derive(Debug, Default)]
pub(super) struct Secrets {
    /// By names in lower case.
    known: BTreeMap<String, Known>,
    made: u64,
    values: Vec<String>,
}

#[derive(Debug)]
struct Known {
    /// As it was first written.
    name: String,
    versions: Vec<Version>,
    state: State,
    /// For how many more requests the state before goes on.
    lag: u8,
    deleted_at: u64,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    Live,
    Deleted,
    Purged,
}

#[derive(Debug)]
struct Version {
    id: String,
    value: String,
    tags: Value,
    content_type: Value,
    created: u64,
}

impl Secrets {
    pub(super) fn answer(&mut self, asked: &Asked<'_>) -> Answer {
        let name = asked.path.get(1).copied().unwrap_or_default();
        if !name.is_empty() && !is_name(name) {
            return refusal(400, "BadParameter", None);
        }
        let is_under_way = self.wait(name);
        match (asked.method, &asked.path[..]) {
            ("GET", ["secrets"]) => self.list(asked, State::Live),
            ("GET", ["deletedsecrets"]) => self.list(asked, State::Deleted),
            ("GET", ["secrets", name, "versions"]) if !is_under_way => self.versions(asked, name),
            ("GET", ["secrets", name] | ["secrets", name, ""]) if !is_under_way => {
                self.read(asked, name, None)
            }
            ("GET", ["secrets", name, version]) if !is_under_way => {
                self.read(asked, name, Some(version))
            }
            ("GET", ["deletedsecrets", name]) if !is_under_way => self.read_deleted(asked, name),
            ("GET", _) => refusal(404, "SecretNotFound", None),
            _ if is_under_way => refusal(409, "Conflict", Some(self.under_way(name))),
            ("PUT", ["secrets", name]) => self.set(asked, name),
            ("PATCH", ["secrets", name, version]) => self.tag(asked, name, version),
            ("DELETE", ["secrets", name]) => self.delete(asked, name),
            ("POST", ["deletedsecrets", name, "recover"]) => self.recover(asked, name),
            ("DELETE", ["deletedsecrets", name]) => self.purge(name),
            _ => refusal(400, "BadParameter", None),
        }
    }

    pub(super) fn set_elsewhere(&mut self, name: &str, value: &str) {
        let body = json!({ "value": value });
        let asked = Asked { url: "", method: "PUT", path: Vec::new(), query: "", body };
        let (status, _) = self.set(&asked, name);
        assert_eq!(status, 200, "{name} takes a value");
    }

    pub(super) fn delete_elsewhere(&mut self, name: &str) {
        let asked = Asked { url: "", method: "", path: Vec::new(), query: "", body: Value::Null };
        let (status, _) = self.delete(&asked, name);
        assert_eq!(status, 200, "{name} is there");
    }

    pub(super) fn values(&self) -> Vec<String> {
        self.values.clone()
    }

    /// Whether what was asked for last is still under way. Each request brings its end nearer.
    fn wait(&mut self, name: &str) -> bool {
        let Some(known) = self.known.get_mut(&name.to_lowercase()) else { return false };
        let is_under_way = known.lag > 0;
        known.lag = known.lag.saturating_sub(1);
        if known.lag == 0 && known.state == State::Purged {
            self.known.remove(&name.to_lowercase());
        }
        is_under_way
    }

    fn under_way(&self, name: &str) -> &'static str {
        match self.known.get(&name.to_lowercase()).map(|known| known.state) {
            Some(State::Live) => "ObjectIsBeingRecovered",
            _ => "ObjectIsBeingDeleted",
        }
    }

    fn known(&mut self, name: &str, state: State) -> Option<&mut Known> {
        self.known.get_mut(&name.to_lowercase()).filter(|known| known.state == state)
    }

    fn set(&mut self, asked: &Asked<'_>, name: &str) -> Answer {
        let value = asked.body["value"].as_str().unwrap_or_default();
        let tags = asked.body["tags"].as_object().cloned().unwrap_or_default();
        if value.is_empty() || value.len() > VALUE_BYTES_MAX || !are_tags(&tags) {
            return refusal(400, "BadParameter", None);
        }
        if self.known(name, State::Deleted).is_some() {
            return refusal(409, "Conflict", Some("ObjectIsDeletedButRecoverable"));
        }
        self.made += 1;
        self.values.push(value.to_owned());
        // Ids say nothing about the order.
        let id = format!(
            "{:032x}",
            u128::from(self.made).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)
        );
        let version = Version {
            id,
            value: value.to_owned(),
            tags: tags.into(),
            content_type: asked.body["contentType"].clone(),
            created: now(),
        };
        let known = self.known.entry(name.to_lowercase()).or_insert_with(|| Known {
            name: name.to_owned(),
            versions: Vec::new(),
            state: State::Live,
            lag: 0,
            deleted_at: 0,
        });
        known.versions.push(version);
        (200, known.whole(asked.url, known.last()))
    }

    fn read(&mut self, asked: &Asked<'_>, name: &str, version: Option<&str>) -> Answer {
        let found = self.known(name, State::Live).and_then(|known| {
            let mut versions = known.versions.iter();
            let found = match version {
                None => known.versions.last(),
                Some(id) => versions.find(|version| version.id == id),
            };
            found.map(|version| known.whole(asked.url, version))
        });
        found.map_or_else(|| refusal(404, "SecretNotFound", None), |found| (200, found))
    }

    fn read_deleted(&mut self, asked: &Asked<'_>, name: &str) -> Answer {
        match self.known(name, State::Deleted) {
            Some(known) => (200, known.deleted(asked.url)),
            None => refusal(404, "SecretNotFound", None),
        }
    }

    fn tag(&mut self, asked: &Asked<'_>, name: &str, id: &str) -> Answer {
        let tags = asked.body["tags"].as_object().cloned().unwrap_or_default();
        if !are_tags(&tags) {
            return refusal(400, "BadParameter", None);
        }
        let Some(known) = self.known(name, State::Live) else {
            return refusal(404, "SecretNotFound", None);
        };
        match known.versions.iter_mut().find(|version| version.id == id) {
            Some(version) => {
                version.tags = tags.into();
                (200, json!({ "id": format!("{}/secrets/{}/{id}", asked.url, known.name) }))
            }
            None => refusal(404, "SecretNotFound", None),
        }
    }

    fn delete(&mut self, asked: &Asked<'_>, name: &str) -> Answer {
        let Some(known) = self.known(name, State::Live) else {
            return refusal(404, "SecretNotFound", None);
        };
        (known.state, known.lag, known.deleted_at) = (State::Deleted, LAG, now());
        (200, known.deleted(asked.url))
    }

    fn recover(&mut self, asked: &Asked<'_>, name: &str) -> Answer {
        let Some(known) = self.known(name, State::Deleted) else {
            return refusal(404, "SecretNotFound", None);
        };
        (known.state, known.lag) = (State::Live, LAG);
        (200, known.short(asked.url, known.last()))
    }

    fn purge(&mut self, name: &str) -> Answer {
        let Some(known) = self.known(name, State::Deleted) else {
            return refusal(404, "SecretNotFound", None);
        };
        (known.state, known.lag) = (State::Purged, LAG);
        (204, Value::Null)
    }

    fn versions(&mut self, asked: &Asked<'_>, name: &str) -> Answer {
        let Some(known) = self.known(name, State::Live) else {
            return refusal(404, "SecretNotFound", None);
        };
        let versions = known.versions.iter();
        let all = versions.map(|version| {
            let mut short = known.short(asked.url, version);
            short["id"] = format!("{}/secrets/{}/{}", asked.url, known.name, version.id).into();
            short
        });
        page(asked, &all.collect::<Vec<_>>())
    }

    fn list(&self, asked: &Asked<'_>, state: State) -> Answer {
        let known = self.known.values().rev().filter(|known| known.state == state);
        let all = known.map(|known| match state {
            State::Live => known.short(asked.url, known.last()),
            _ => known.deleted(asked.url),
        });
        page(asked, &all.collect::<Vec<_>>())
    }
}

impl Known {
    fn last(&self) -> &Version {
        self.versions.last().expect("a secret has a version from its beginning")
    }

    fn short(&self, url: &str, version: &Version) -> Value {
        json!({
            "id": format!("{url}/secrets/{}", self.name),
            "tags": version.tags,
            "contentType": version.content_type,
            "attributes": { "enabled": true, "created": version.created, "updated": version.created },
        })
    }

    fn whole(&self, url: &str, version: &Version) -> Value {
        let mut whole = self.short(url, version);
        whole["id"] = format!("{url}/secrets/{}/{}", self.name, version.id).into();
        whole["value"] = version.value.clone().into();
        whole
    }

    fn deleted(&self, url: &str) -> Value {
        let mut deleted = self.short(url, self.last());
        deleted["recoveryId"] = format!("{url}/deletedsecrets/{}", self.name).into();
        deleted["deletedDate"] = self.deleted_at.into();
        deleted
    }
}

/// As many as fit a page, and where the next one is.
fn page(asked: &Asked<'_>, all: &[Value]) -> Answer {
    let said = |name: &str| {
        let mut pairs = asked.query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(key, _)| *key == name).and_then(|(_, value)| value.parse::<usize>().ok())
    };
    let (skip, most) = (said("skip").unwrap_or(0), said("maxresults").unwrap_or(PAGE));
    if !(1..=PAGE).contains(&most) {
        return refusal(400, "BadParameter", None);
    }
    let end = all.len().min(skip + most);
    let path = asked.path.join("/");
    let next = (end < all.len())
        .then(|| format!("{}/{path}?api-version=7.5&skip={end}&maxresults={most}", asked.url));
    (200, json!({ "value": all.get(skip..end).unwrap_or_default(), "nextLink": next }))
}

fn is_name(name: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (1..=127).contains(&name.len()) && name.bytes().all(known)
}

fn are_tags(tags: &Map<String, Value>) -> bool {
    let fits = |text: &str| text.chars().count() <= TAG_CHARS_MAX;
    tags.len() <= TAGS_MAX
        && tags.iter().all(|(name, value)| fits(name) && value.as_str().is_some_and(fits))
}

fn now() -> u64 {
    SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_secs()
}
