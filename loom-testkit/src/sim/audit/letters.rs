//! Promise 5: what is given up is a dead letter, with its id and its lineage.

use loom_core::{MessageId, QueueName};
use loom_ports::{Page, QueuedDeadLetter, Receipt};

use super::bodies::read;
use super::picture::Picture;
use super::{Kept, broken};

impl Picture {
    /// Letters are on their way to a queue: each must be as a turn gave it up.
    pub(super) fn begin_letters(
        &mut self,
        queue: &QueueName,
        letters: &[QueuedDeadLetter],
    ) -> Kept {
        for letter in letters {
            let QueuedDeadLetter { id, body, attempts, reason, died_at } = letter;
            let forgotten = self.forgotten.iter().filter_map(|before| before.given_up.get(id));
            let mut given_up = self.given_up.get(id).into_iter().chain(forgotten).flatten();
            if !self.given_up.contains_key(id) && !self.was(|it| it.given_up.contains_key(id)) {
                return broken(
                    2,
                    format!("{id} was put in the dead letters of {queue}, and no turn gave it up"),
                );
            }
            let (message, _) = read(body);
            let is_it = given_up.any(|given_up| {
                given_up.attempts == *attempts
                    && given_up.reason == *reason
                    && given_up.at == *died_at
                    && message.as_ref().is_none_or(|message| *message == given_up.message)
            });
            if !is_it {
                return broken(5, format!("dead letter {id} is not as its turn gave it up"));
            }
        }
        Ok(())
    }

    /// A queue keeps these letters, each unless it has one of that id.
    pub(super) fn added_letters(&mut self, queue: &QueueName, letters: &[QueuedDeadLetter]) {
        let it = self.queues.entry(queue.clone()).or_default();
        for letter in letters {
            it.letters.entry(letter.id.clone()).or_insert_with(|| letter.body.clone());
            self.dead.insert((letter.id.clone(), letter.died_at));
        }
    }

    /// A message became a dead letter in its queue.
    pub(super) fn buried(&mut self, receipt: &Receipt) {
        let Some(queue) = self.queues.get_mut(&receipt.queue) else { return };
        if let Some(item) = queue.settle(receipt) {
            queue.letters.entry(item.id).or_insert(item.body);
        }
    }

    /// A dead letter is gone: replayed, or purged. `is_there` is what the queue says.
    pub(super) fn removed_letter(
        &mut self,
        queue: &QueueName,
        id: &MessageId,
        is_there: bool,
        is_replayed: bool,
    ) -> Kept {
        let it = self.queues.entry(queue.clone()).or_default();
        let Some(body) = it.letters.remove(id) else { return Ok(()) };
        if !is_there && !it.is_uncertain {
            return broken(5, format!("dead letter {id} of {queue} is gone"));
        }
        if is_replayed {
            it.put(id, &body, None);
        }
        Ok(())
    }

    /// All dead letters of a queue were read.
    pub(super) fn saw_letters(&self, queue: &QueueName, page: &Page<QueuedDeadLetter>) -> Kept {
        let Some(it) = self.queues.get(queue).filter(|it| !it.is_uncertain) else { return Ok(()) };
        for letter in &page.items {
            if it.letters.get(&letter.id) != Some(&letter.body) {
                let id = &letter.id;
                return broken(
                    5,
                    format!("dead letter {id} of {queue} is not one that was put there"),
                );
            }
        }
        let is_all = page.next.is_some() || page.items.len() == it.letters.len();
        if is_all {
            return Ok(());
        }
        let there: std::collections::BTreeSet<_> = page.items.iter().map(|it| &it.id).collect();
        let missed = it.letters.keys().find(|id| !there.contains(id));
        broken(5, format!("dead letter {missed:?} of {queue} is gone"))
    }
}
