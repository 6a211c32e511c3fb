//! How facts come, end, and are found.

use bytes::Bytes;
use loom_core::{FactId, GraphName, Timestamp};
use loom_ports::{
    Added, Cursor, EndFact, FACT_EPISODES_MAX, FACT_TEXT_BYTES_MAX, Fact, FactEnd, FactQuery, Page,
    Row, RowChange, RowKey,
};

use super::words::words;
use super::{
    FACT, FACT_BY_SOURCE, FACT_BY_TARGET, FACT_BY_TIME, FACT_BY_WORD, RowGraphs, fact_key, row,
    space,
};
use crate::desk::{Broken, Decision, Parts, put, within};
use crate::walk::{begin, later_first};

impl RowGraphs {
    pub(super) async fn state(&self, graph: &GraphName, fact: &Fact) -> Result<Added, Broken> {
        within(fact.text.as_bytes(), FACT_TEXT_BYTES_MAX, "the text")?;
        if fact.episodes.len() > FACT_EPISODES_MAX {
            let episodes = fact.episodes.len();
            let error = format!("it is from {episodes} episodes, more than {FACT_EPISODES_MAX}");
            return Err(Broken::Invalid(error));
        }
        if let Some(end) = fact.end {
            check_end(fact, end)?;
        }
        let key = fact_key(&fact.id);
        let decide = |rows: &[Option<Row>], _| {
            if let Some(stored) = &rows[0] {
                let stored = Fact { end: fact.end, ..row::fact(stored)? };
                let same = stored == *fact;
                return Ok(Decision::nothing(if same { Added::Already } else { Added::Differs }));
            }
            let mut changes = vec![put(key.clone(), &row::FactRow::of(fact))];
            let leads = index_keys(fact).into_iter();
            changes.extend(leads.map(|key| RowChange::Put(key, Bytes::new())));
            Ok(Decision { answer: Added::Added, changes })
        };
        let keys = std::slice::from_ref(&key);
        self.desk.decide(&space(graph), keys, Timestamp::EPOCH, decide).await
    }

    pub(super) async fn end(
        &self,
        graph: &GraphName,
        id: &FactId,
        end: FactEnd,
    ) -> Result<EndFact, Broken> {
        let key = fact_key(id);
        let decide = |rows: &[Option<Row>], _| {
            let Some(stored) = &rows[0] else { return Ok(Decision::nothing(EndFact::Unknown)) };
            let fact = row::fact(stored)?;
            match fact.end {
                Some(before) if before == end => Ok(Decision::nothing(EndFact::Ended)),
                Some(before) => Ok(Decision::nothing(EndFact::Already(before))),
                None => {
                    check_end(&fact, end)?;
                    let ended = row::FactRow::of(&Fact { end: Some(end), ..fact });
                    let changes = vec![put(key.clone(), &ended)];
                    Ok(Decision { answer: EndFact::Ended, changes })
                }
            }
        };
        let keys = std::slice::from_ref(&key);
        self.desk.decide(&space(graph), keys, Timestamp::EPOCH, decide).await
    }

    pub(super) async fn page_of_facts(
        &self,
        graph: &GraphName,
        query: &FactQuery,
        cursor: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Fact>, Broken> {
        let asked = words(&query.text);
        // A longer word is likely in fewer facts.
        let word = asked.iter().max_by_key(|word| word.len());
        let prefix = match (word, &query.source, &query.target) {
            (Some(word), ..) => RowKey::of(FACT_BY_WORD).text(word),
            (None, Some(source), _) => RowKey::of(FACT_BY_SOURCE).text(source.as_str()),
            (None, None, Some(target)) => RowKey::of(FACT_BY_TARGET).text(target.as_str()),
            (None, None, None) => RowKey::of(FACT_BY_TIME),
        };
        // What becomes valid later is not valid at that time.
        let from = query.valid_at.map(|at| prefix.clone().number(later_first(at)));
        let from = from.unwrap_or_else(|| prefix.clone());
        let range = begin(&prefix, from, prefix.end(), cursor)?;
        let lead = |key: &RowKey| {
            let mut parts = Parts::after(&prefix, key)?;
            parts.number()?;
            Ok(RowKey::of(FACT).text(parts.text()?))
        };
        let read = |row: &Row| {
            let fact = row::fact(row)?;
            let has = || {
                let words = words(&fact.text);
                asked.iter().all(|word| words.contains(word))
            };
            Ok(Some(fact.clone()).filter(|fact| query.passes(fact) && has()))
        };
        self.page(&space(graph), range, limit, lead, read).await
    }
}

fn check_end(fact: &Fact, end: FactEnd) -> Result<(), Broken> {
    if end.valid_to >= fact.valid_from {
        return Ok(());
    }
    Err(Broken::Invalid(format!("fact {} would end before it begins", fact.id)))
}

/// The rows that lead to a fact.
fn index_keys(fact: &Fact) -> Vec<RowKey> {
    let mut beginnings = vec![
        RowKey::of(FACT_BY_TIME),
        RowKey::of(FACT_BY_SOURCE).text(fact.source.as_str()),
        RowKey::of(FACT_BY_TARGET).text(fact.target.as_str()),
    ];
    let words = words(&fact.text).into_iter();
    beginnings.extend(words.map(|word| RowKey::of(FACT_BY_WORD).text(&word)));
    let time = later_first(fact.valid_from);
    let key = |beginning: RowKey| beginning.number(time).text(fact.id.as_str());
    beginnings.into_iter().map(key).collect()
}
