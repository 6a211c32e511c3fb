//! One turn: an event is taken, and then one piece of work after the other.

use std::cmp::Reverse;
use std::time::Duration;

use loom_core::Timestamp;

use super::parameters::fill_in;
use super::view::View;
use super::{Advance, Command, Event, STEPS_PER_TURN_MAX, Turn};
use crate::definition::{Action, ActionIndex, Block, Definition, Operation};
use crate::run::{Frame, Node, Place, Run, RunStatus, Timer, TimerId, Why, Work};
use crate::{Budget, Condition, Evaluated, EvaluationError, Template, Value};

/// One turn.
pub(super) struct Engine<'a> {
    pub(super) definition: &'a Definition,
    pub(super) run: &'a mut Run,
    pub(super) turn: &'a Turn<'a>,
    pub(super) advance: Advance,
    pub(super) steps: u32,
}

impl<'a> Engine<'a> {
    pub(super) fn new(definition: &'a Definition, run: &'a mut Run, turn: &'a Turn<'a>) -> Self {
        Self { definition, run, turn, advance: Advance::default(), steps: 0 }
    }

    pub(super) fn take(&mut self, event: Event) {
        let is_over = self.run.status.has_ended();
        let fits = match event {
            Event::Continued => !is_over,
            Event::RerunFrom { action } => self.rerun_from(&action),
            _ if is_over => false,
            Event::Answered { place, attempt, answer } => self.answered(place, attempt, answer),
            Event::TimerFired(id) => self.timer_fired(id),
            Event::CallbackReceived { place, answer } => self.called_back(place, answer),
            Event::Decided { place, decision } => self.decided(place, &decision),
            Event::Cancelled { reason } => {
                self.cancel(reason);
                true
            }
            Event::Outgrown { reason } => {
                self.outgrow(reason);
                true
            }
            Event::ShardEnded(ended) => self.shard_ended(ended),
            Event::Suspended => self.set_status(RunStatus::Running, RunStatus::Suspended),
            Event::Resumed => self.set_status(RunStatus::Suspended, RunStatus::Running),
        };
        self.advance.ignored = !fits;
    }

    fn set_status(&mut self, from: RunStatus, to: RunStatus) -> bool {
        let fits = self.run.status == from;
        if fits {
            self.run.status = to;
        }
        fits
    }

    pub(super) fn work(&mut self) {
        if self.run.status == RunStatus::Running
            && let Err(error) = fill_in(self.definition, self.run, self.turn)
        {
            return self.conclude_run(RunStatus::Failed, Some(error));
        }
        while self.run.status == RunStatus::Running {
            if self.steps >= STEPS_PER_TURN_MAX {
                if !self.run.work.is_empty() {
                    self.command(Command::Continue);
                }
                return;
            }
            let Some(work) = self.run.work.pop_front() else { return };
            self.steps += 1;
            match work {
                Work::Begin(place) => self.begin(place),
                Work::Skip(place, why) => self.skip(place, &why),
                Work::Follow(place) => self.follow(place),
                Work::Iterate(place) => self.iterate(place),
                Work::Undo(place) => self.undo(place),
                Work::Finish => self.finish(),
            }
        }
    }

    fn begin(&mut self, place: Place) {
        // What two actions lead to is found twice.
        if self.run.node(place).is_some() {
            return;
        }
        let Some(frame) = self.run.frame_mut(place.frame) else { return };
        frame.nodes.insert(place.action, Node::begun(self.turn.now));
        let action = self.action(place);
        if let Some(result) = &action.static_result {
            return self.static_result(place, result);
        }
        // Of what asks outside anyway the inputs are evaluated first.
        let asks =
            action.operation.is_external() && !matches!(action.operation, Operation::Wait(_));
        if self.run.stand_ins.contains(&place.action) && !asks {
            return self.stand_in(place);
        }
        if let Err(detail) = self.timeout(place) {
            return self.fail_limit(place, &detail);
        }
        match &action.operation {
            Operation::Scope { block, .. } => {
                self.set_scope_deadline(place);
                self.enter(place, block, 0);
            }
            Operation::If(choice) => self.choose(place, choice),
            Operation::Switch(switch) => self.switch(place, switch),
            Operation::Foreach(foreach) => self.begin_foreach(place, foreach),
            Operation::Until(_) | Operation::Retry(_) => self.begin_again(place),
            Operation::Call(call) => self.begin_call(place, &call.inputs),
            Operation::Webhook(webhook) => self.begin_webhook(place, webhook),
            Operation::Approval(approval) => self.begin_approval(place, approval),
            Operation::Wait(inputs) => self.begin_wait(place, inputs),
            Operation::Response { inputs, asynchronous } => {
                self.respond(place, inputs, *asynchronous);
            }
            Operation::Terminate(inputs) => self.terminate(place, inputs),
            Operation::Unknown(inputs) => self.begin_unknown(place, inputs),
            _ => self.data(place, action),
        }
    }

    /// Begins the first actions of a block in the same frame.
    pub(super) fn begin_block(&mut self, frame: u32, block: &Block) {
        let roots = block.roots.iter();
        self.run.work.extend(roots.map(|action| Work::Begin(Place { frame, action: *action })));
    }

    /// Makes the frame of an iteration and begins its first actions.
    pub(super) fn begin_frame(&mut self, of: Place, index: u32, block: &Block) -> u32 {
        let frame = self.run.next_frame;
        self.run.next_frame += 1;
        let unfinished = u32::try_from(block.actions.len()).unwrap_or(u32::MAX);
        let made = Frame { of: Some(of), index, unfinished, ..Frame::default() };
        self.run.frames.insert(Reverse(frame), made);
        self.begin_block(frame, block);
        self.steps += 1;
        frame
    }

    /// Looks at what runs after an action that has ended, and at what contains it.
    fn follow(&mut self, place: Place) {
        let action = self.action(place);
        for follower in &action.followers {
            let next = Place { action: *follower, ..place };
            if self.run.node(next).is_none()
                && let Some(work) = self.verdict(next)
            {
                self.run.work.push_back(work);
            }
        }
        match action.container {
            _ if action.undoes => self.undone_a_part(place),
            Some(container) if !self.definition.action(container).operation.is_loop() => {
                self.left(Place { action: container, ..place });
            }
            _ => {
                let Some(frame) = self.run.frame_mut(place.frame) else { return };
                frame.unfinished = frame.unfinished.saturating_sub(1);
                match (frame.unfinished, frame.of) {
                    (0, Some(_)) => self.iterated(place.frame),
                    (0, None) => self.run.work.push_back(Work::Finish),
                    _ => {}
                }
            }
        }
    }

    /// Whether an action begins or is skipped. Nothing while something before it has not ended.
    fn verdict(&self, place: Place) -> Option<Work> {
        let mut why = None;
        for (before, statuses) in &self.action(place).run_after {
            let status = self.run.status_of(Place { action: *before, ..place })?;
            if !status.has_ended() {
                return None;
            }
            if why.is_none() && !statuses.has(status) {
                why = Some(Why::RunAfter(*before, status));
            }
        }
        Some(why.map_or(Work::Begin(place), |why| Work::Skip(place, why)))
    }

    pub(super) fn action(&self, place: Place) -> &'a Action {
        self.definition.action(place.action)
    }

    pub(super) fn node(&mut self, place: Place) -> &mut Node {
        self.run.node_mut(place).expect("only what was begun is worked on")
    }

    pub(super) fn command(&mut self, command: Command) {
        self.advance.commands.push(command);
    }

    pub(super) fn start_timer(&mut self, timer: Timer, at: Timestamp) -> TimerId {
        let id = TimerId(self.run.next_timer);
        self.run.next_timer += 1;
        self.run.timers.insert(id, timer);
        self.command(Command::StartTimer { id, at });
        id
    }

    pub(super) fn stop_timer(&mut self, id: Option<TimerId>) {
        if let Some(id) = id.filter(|id| self.run.timers.remove(id).is_some()) {
            self.command(Command::StopTimer { id });
        }
    }

    pub(super) fn after(&self, wait: Duration) -> Timestamp {
        self.turn.now.saturating_add(wait)
    }

    /// A number that a replay gets again.
    pub(super) fn chance(&mut self) -> u64 {
        self.run.next_chance += 1;
        super::view::mixed(self.run.info.seed ^ super::view::mixed(self.run.next_chance))
    }

    pub(super) fn evaluate(
        &mut self,
        place: Place,
        template: &Template,
    ) -> Result<Evaluated, EvaluationError> {
        self.evaluate_for(place, template, None)
    }

    /// Evaluates with an element as `item()`.
    pub(super) fn evaluate_for(
        &mut self,
        place: Place,
        template: &Template,
        item: Option<Value>,
    ) -> Result<Evaluated, EvaluationError> {
        // What is constant needs no view.
        if let Some(value) = template.constant() {
            let value = value.clone();
            return Ok(Evaluated { shown: value.clone(), value, secure: false });
        }
        let view = View::new(self.definition, self.run, self.turn, Some(place), item);
        let evaluated = template.evaluate_within(&view, &Budget::DEFAULT);
        self.run.next_chance = view.chance();
        evaluated
    }

    pub(super) fn holds(
        &mut self,
        place: Place,
        condition: &Condition,
        item: Option<Value>,
    ) -> Result<bool, EvaluationError> {
        let view = View::new(self.definition, self.run, self.turn, Some(place), item);
        let holds = condition.evaluate_within(&view, &Budget::DEFAULT);
        self.run.next_chance = view.chance();
        holds
    }
}

/// Actions in a frame.
pub(super) fn places(frame: u32, actions: &[ActionIndex]) -> Vec<Place> {
    actions.iter().map(|action| Place { frame, action: *action }).collect()
}
