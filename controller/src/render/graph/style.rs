//! Colours and fonts of a drawing. Each colour is written out, once for light and once for dark surroundings: not
//! everything that shows SVG knows variables.

/// The style sheet.
pub(super) const STYLE: &str = r#"
.clctl{font-family:ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
.clctl .mono{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace}
.clctl .bold{font-weight:600}
.clctl text{fill:#1f2933}
.clctl .faint{fill:#5b6875}
.clctl rect{stroke-width:1}
.clctl .page{fill:#ffffff}
.clctl .network>rect{fill:#f6f8fb;stroke:#8795a8;stroke-width:1.5}
.clctl .zone>rect{fill:#ffffff;stroke:#a9b4c2;stroke-dasharray:5 4}
.clctl .public>rect{fill:#edf7f0;stroke:#c3e2cd}
.clctl .private>rect{fill:#eaf1fb;stroke:#c2d5ef}
.clctl .band>rect{fill:#ffffff;fill-opacity:.66;stroke:#8aa0bf;stroke-dasharray:2 3}
.clctl .card>rect,.clctl .list>rect{fill:#ffffff;stroke:#c5ced9}
.clctl .actor>rect{fill:#f3f4f6;stroke:#c5ced9}
.clctl .sign{fill:none;stroke:#375bd2;stroke-width:1.5;stroke-linecap:round;stroke-linejoin:round}
.clctl .actor .sign{stroke:#5b6875}
.clctl .chip rect{fill:#e3e8ef}
.clctl .chip text{fill:#3a4653}
.clctl .chip.active rect{fill:#375bd2}
.clctl .chip.active text{fill:#ffffff}
.clctl .way{fill:none;stroke-width:1.6;stroke-linejoin:round}
.clctl .way.in{stroke:#375bd2}
.clctl .way.out{stroke:#0f7f74}
.clctl .way.data{stroke:#6b7785;stroke-dasharray:4 3}
.clctl .head.in{fill:#375bd2}
.clctl .head.out{fill:#0f7f74}
.clctl .head.data{fill:#6b7785}
.clctl .pill rect{fill:#ffffff;stroke:#c5ced9}
.clctl .pill.in rect{stroke:#aebcf0}
.clctl .pill.out rect{stroke:#9fd3cd}
.clctl .dot{fill:#8794a3}
.clctl .state circle{fill:#8794a3;stroke:#ffffff;stroke-width:1.5}
.clctl .state path{fill:none;stroke:#ffffff;stroke-width:1.8;stroke-linecap:round;stroke-linejoin:round}
.clctl .state.s-same circle{fill:#1a7f45}
.clctl .state.s-kept circle{fill:#7a5ea8}
.clctl .state.s-moving circle{fill:#2f7fb8}
.clctl .state.s-create circle{fill:#2563d6}
.clctl .state.s-change circle{fill:#a86400}
.clctl .state.s-remove circle{fill:#c22f2f}
.clctl .state.s-unknown circle{fill:#5d6875}
.clctl .state.s-failed circle{fill:#b00020}
.clctl .card.s-create>rect{stroke:#2563d6;stroke-dasharray:5 3}
.clctl .card.s-change>rect{fill:#fff8e8;stroke:#c98a1b;stroke-width:1.5}
.clctl .card.s-remove>rect{fill:#fdf0ef;stroke:#c22f2f;stroke-dasharray:5 3}
.clctl .card.s-failed>rect{fill:#fdecec;stroke:#b00020;stroke-width:2}
.clctl .card.s-unknown>rect{stroke:#5d6875;stroke-dasharray:1.5 3}
.clctl .card.s-kept>rect{stroke:#7a5ea8}
.clctl .card.s-moving>rect{stroke:#2f7fb8}
@media (prefers-color-scheme:dark){
.clctl text{fill:#e4e9ef}
.clctl .faint{fill:#9fabb8}
.clctl .page{fill:#10151c}
.clctl .network>rect{fill:#151c25;stroke:#5b6a7d}
.clctl .zone>rect{fill:#10151c;stroke:#47556a}
.clctl .public>rect{fill:#12241b;stroke:#244a35}
.clctl .private>rect{fill:#131f33;stroke:#27406a}
.clctl .band>rect{fill:#10151c;stroke:#4f6791}
.clctl .card>rect,.clctl .list>rect{fill:#1b232e;stroke:#3a4757}
.clctl .actor>rect{fill:#1a2029;stroke:#3a4757}
.clctl .sign{stroke:#86a2ff}
.clctl .actor .sign{stroke:#9fabb8}
.clctl .chip rect{fill:#344152}
.clctl .chip text{fill:#d5dde6}
.clctl .chip.active rect{fill:#4a6df0}
.clctl .way.in{stroke:#86a2ff}
.clctl .way.out{stroke:#45c0b3}
.clctl .way.data{stroke:#8d99a8}
.clctl .head.in{fill:#86a2ff}
.clctl .head.out{fill:#45c0b3}
.clctl .head.data{fill:#8d99a8}
.clctl .pill rect{fill:#1b232e;stroke:#3a4757}
.clctl .pill.in rect{stroke:#41548f}
.clctl .pill.out rect{stroke:#25605a}
.clctl .state circle{fill:#66727f;stroke:#10151c}
.clctl .state.s-same circle{fill:#23894f}
.clctl .state.s-create circle{fill:#3f78e8}
.clctl .state.s-change circle{fill:#b8730a}
.clctl .card.s-create>rect{stroke:#5d8ff0}
.clctl .card.s-change>rect{fill:#2b2413;stroke:#c98a1b}
.clctl .card.s-remove>rect{fill:#2c1718;stroke:#e0605c}
.clctl .card.s-failed>rect{fill:#33141a;stroke:#f0566b}
.clctl .card.s-unknown>rect{stroke:#9fabb8}
.clctl .card.s-kept>rect{stroke:#a68fd0}
.clctl .card.s-moving>rect{stroke:#55a6dd}
}
"#;
