use loom_core::{ActorId, Method, Outcome, Payload, Timestamp};

use super::*;
use crate::envelope::Reply;

fn message() -> Message {
    let (method, args) = (Method::parse("act").unwrap(), Payload::NULL);
    Message {
        id: MessageId::parse("m").unwrap(),
        to: ActorId::parse("probe/a").unwrap(),
        body: Body::Invoke { method, args, reply_to: None },
        key: None,
        cause: None,
        sent_at: Timestamp::EPOCH,
    }
}

#[test]
fn that_nothing_happened_is_told_only_of_a_call_that_was_sent_once() {
    let call = MessageId::parse("call").unwrap();
    let unknown = || Err(CallError::Unknown { call_id: call.clone() });
    let overloaded = || Err(CallError::Overloaded("probe/a".into()));
    let unavailable = || Err(CallError::Unavailable("no queue".into()));
    let reply = || Ok(Reply { outcome: Outcome::Returned(Payload::NULL), duplicate: false });
    // How often it was sent and refused, how many of those the answer speaks of, and what it is.
    let rows: [(u32, u32, u32, Answer, Answer); 7] = [
        (1, 0, 1, reply(), reply()),
        (3, 0, 1, reply(), reply()),
        (1, 0, 1, overloaded(), overloaded()),
        (2, 0, 1, overloaded(), unknown()),
        (3, 2, 1, overloaded(), overloaded()),
        (2, 2, 0, unavailable(), unavailable()),
        (2, 1, 0, unavailable(), unknown()),
    ];
    for (sent, refused, sent_max, answer, told) in rows {
        let forwards = Forwards::default();
        let (caller, mut answered) = oneshot::channel();
        let waiting = Waiting { caller, message: message(), partition: PartitionId(0), sent: 0 };
        forwards.lock().insert(call.clone(), waiting);
        (0..sent).for_each(|_| forwards.count_sent(&call));
        (0..refused).for_each(|_| forwards.count_refused(&call));
        forwards.answer(&call, sent_max, answer.clone());
        assert_eq!(answered.try_recv().unwrap(), told, "{sent} {refused} {answer:?}");
        assert!(forwards.are_answered());
    }
}
