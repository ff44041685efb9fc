// SPDX-License-Identifier: Apache-2.0
// A workflow engine in Rust: ids in &str and String, behind references and in members, functions of a trait, panics
// that are caught and panics that are not. It speaks the protocol of tests/engine/workload.py and keeps its own count.
use std::any::Any;
use std::collections::BTreeMap;
use std::io::{BufRead, Write};
use std::panic::{catch_unwind, AssertUnwindSafe};

mod ledger {
    use std::collections::BTreeMap;

    #[derive(Default)]
    pub struct Ledger {
        // By workflow, node and function; the latter two are empty for a workflow. By status, the count.
        rows: BTreeMap<(String, String, String), BTreeMap<&'static str, u64>>,
        errors: BTreeMap<(String, String, String), u64>,
    }

    impl Ledger {
        pub fn count(&mut self, workflow: &str, node: &str, function: &str, error: Option<&str>) {
            let row = self.rows.entry((workflow.into(), node.into(), function.into())).or_default();
            *row.entry("started").or_default() += 1;
            *row.entry(if error.is_some() { "failed" } else { "success" }).or_default() += 1;
            if let Some(error) = error {
                *self.errors.entry((workflow.into(), node.into(), error.into())).or_default() += 1;
            }
        }

        pub fn json(&self, round: u32) -> String {
            let mut workflows = Vec::new();
            let mut nodes = Vec::new();
            for ((workflow, node, function), row) in &self.rows {
                if node.is_empty() {
                    let of = |status: &str| row.get(status).copied().unwrap_or(0);
                    workflows.push(format!(
                        "\"{}\": {{\"started\": {}, \"success\": {}, \"failed\": {}, \"cancelled\": 0, \"aborted\": 0}}",
                        workflow, of("started"), of("success"), of("failed")
                    ));
                    continue;
                }
                for (status, count) in row {
                    nodes.push(format!(
                        "{{\"workflow_id\": \"{}\", \"node_id\": \"{}\", \"node_type\": \"{}\", \"status\": \"{}\", \"count\": {}}}",
                        workflow, node, function, status, count
                    ));
                }
            }
            let errors: Vec<String> = self.errors.iter().map(|((workflow, node, error), count)| {
                format!(
                    "{{\"workflow_id\": \"{}\", \"node_id\": \"{}\", \"error_type\": \"{}\", \"count\": {}}}",
                    workflow, node, error, count
                )
            }).collect();
            format!(
                "{{\"round\": {}, \"workflows\": {{{}}}, \"nodes\": [{}], \"errors\": [{}]}}",
                round, workflows.join(", "), nodes.join(", "), errors.join(", ")
            )
        }
    }
}

pub struct Spec {
    pub version: u32,
    pub id: String,
}

pub struct Context {
    pub serial: u64,
    pub spec: Spec,
    pub tenant: &'static str,
}

// A value that the optimiser must not foresee. A function that is called through such a pointer keeps its parameters:
// of others, local to this program as all of Rust's are, an optimiser drops those that are not needed.
fn keep<T: Copy>(value: T) -> T {
    unsafe { std::ptr::read_volatile(&value) }
}

fn read(text: &str) -> u64 {
    keep(text.as_ptr() as u64) ^ keep(text.len() as u64)
}

fn work() -> u64 {
    keep(17)
}

pub mod steps {
    use super::{keep, read, work, Context};

    #[inline(never)]
    pub fn load(context: &Context, node: &str) -> i32 {
        (keep(context.serial) ^ work() ^ read(node)) as i32 & 0
    }

    #[inline(never)]
    pub fn store(context: &Context, node: &str) -> i32 {
        if read(node) == 0 {
            return -1;
        }
        (work() ^ context.serial) as i32 & 0
    }
}

pub trait Node {
    fn run(&self, context: &Context, name: &str) -> i32;
}

pub struct Sum(pub u64);

impl Node for Sum {
    #[inline(never)]
    fn run(&self, context: &Context, name: &str) -> i32 {
        keep((self.0, context.serial, read(name)));
        work();
        4
    }
}

pub struct Panicking;

impl Node for Panicking {
    #[inline(never)]
    fn run(&self, context: &Context, name: &str) -> i32 {
        if read(name) != 0 {
            panic!("in {} of {}", name, context.spec.id);
        }
        work() as i32
    }
}

pub struct Careful;

impl Node for Careful {
    // Its own panic does not leave it.
    #[inline(never)]
    fn run(&self, context: &Context, name: &str) -> i32 {
        let result = catch_unwind(AssertUnwindSafe(|| keep(&Panicking as &dyn Node).run(context, name)));
        keep(result.is_err()) as i32 - 1 + (read(name) & 0) as i32
    }
}

pub struct Engine {
    ledger: ledger::Ledger,
}

impl Engine {
    // The workflow's id is in two registers, behind `self`.
    #[inline(never)]
    pub fn run_workflow(&mut self, id: &str, body: fn(&mut Engine, &Context)) -> i32 {
        let version = read(id) as u32;
        let context = Context { serial: 3, spec: Spec { version, id: id.to_string() }, tenant: "tenant" };
        body(self, &context);
        (work() ^ context.spec.version as u64 ^ context.tenant.len() as u64) as i32 & 0
    }

    fn workflow(&mut self, id: &str, body: fn(&mut Engine, &Context)) {
        let run = keep(Engine::run_workflow as fn(&mut Engine, &str, fn(&mut Engine, &Context)) -> i32);
        let left = catch_unwind(AssertUnwindSafe(|| run(self, id, body))).is_err();
        self.ledger.count(id, "", "", if left { Some("panic") } else { None });
    }

    fn step(&mut self, context: &Context, node: &str, function: &str, step: fn(&Context, &str) -> i32) {
        let result = keep(step)(context, node);
        self.count(context, node, function, &Ok(result));
    }

    fn node(&mut self, context: &Context, node: &dyn Node, name: &str, function: &str) {
        let node = keep(node);
        let result = catch_unwind(AssertUnwindSafe(|| node.run(context, name)));
        self.count(context, name, function, &result);
        // A panic goes on through the workflow, where its name says so.
        if result.is_err() && name == "fatal" {
            panic!("fatal");
        }
    }

    fn count(&mut self, context: &Context, node: &str, function: &str, result: &Result<i32, Box<dyn Any + Send>>) {
        let error = match result {
            Ok(0) => None,
            Ok(code) => Some(code.to_string()),
            Err(_) => Some("panic".to_string()),
        };
        self.ledger.count(&context.spec.id, node, function, error.as_deref());
    }

    fn round(&mut self) {
        self.workflow("steps", |engine, context| {
            engine.step(context, "in", "engine::steps::load", steps::load);
            engine.step(context, "out", "engine::steps::store", steps::store);
        });
        self.workflow("nodes", |engine, context| {
            engine.node(context, &Sum(5), "sum", "<engine::Sum as engine::Node>::run");
            engine.node(context, &Panicking, "panics", "<engine::Panicking as engine::Node>::run");
        });
        self.workflow("fatal", |engine, context| {
            engine.node(context, &Panicking, "fatal", "<engine::Panicking as engine::Node>::run");
        });
        self.workflow("careful", |engine, context| {
            // The one inside it is an execution as well.
            engine.ledger.count("careful", "careful", "<engine::Panicking as engine::Node>::run", Some("panic"));
            engine.node(context, &Careful, "careful", "<engine::Careful as engine::Node>::run");
        });
    }
}

fn main() {
    std::panic::set_hook(Box::new(|_| {}));
    let mut engine = Engine { ledger: Default::default() };
    let mut rounds: BTreeMap<&str, u32> = BTreeMap::new();
    println!("ready {}", std::process::id());
    for line in std::io::stdin().lock().lines() {
        match line.unwrap().as_str() {
            "exit" => break,
            "reset" => {
                engine.ledger = Default::default();
                println!("reset");
            }
            _ => {
                for _ in 0..3 {
                    engine.round();
                }
                let round = rounds.entry("rounds").or_default();
                *round += 1;
                println!("{}", engine.ledger.json(*round));
            }
        }
        std::io::stdout().flush().unwrap();
    }
}
