//! Reads whatever the fuzzer makes up. What is sound completes to the same again; what is not has places
//! in the file, and a report that can be shown. How long it may take is the runner's to say.

#![no_main]

use clctl_spec::{Severity, parse, parse_bytes};
use libfuzzer_sys::fuzz_target;
use miette::{GraphicalReportHandler, GraphicalTheme};

fuzz_target!(|bytes: &[u8]| {
    let lines = bytes.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() + 2;
    match parse_bytes("fuzz", bytes) {
        Ok(documents) => {
            for document in documents {
                let complete = serde_json::to_string(&document.node).expect("it serialises");
                let again = parse("again", &complete).expect("the complete form is valid");
                assert_eq!(again.first().map(|again| &again.node), Some(&document.node));
            }
        }
        Err(invalid) => {
            let mut errors = 0;
            for problem in invalid.problems() {
                assert!(
                    (1..=lines).contains(&problem.line()),
                    "{problem} in line {}",
                    problem.line()
                );
                assert!(problem.column() >= 1 && !problem.message().is_empty());
                errors += usize::from(problem.severity() == Severity::Error);
            }
            assert!(errors > 0, "refused, and nobody knows why");
            let handler = GraphicalReportHandler::new_themed(GraphicalTheme::none());
            let mut shown = String::new();
            handler.render_report(&mut shown, &invalid).expect("a report can be shown");
            serde_json::to_string(invalid.problems()).expect("problems are plain data");
        }
    }
});
