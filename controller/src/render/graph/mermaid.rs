//! A drawing as Mermaid: for Markdown that is kept in a repository and drawn by whoever shows it.
//! <https://mermaid.js.org/syntax/flowchart.html>

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use super::{
    legend,
    model::{Card, Head, List, Model, model},
    scene::{Scene, State},
    svg::headline,
    traffic::Flow,
};

/// Draws an environment as Mermaid.
pub(crate) fn mermaid(scene: &Scene) -> String {
    let model = model(scene);
    let mut out = String::new();
    let title = serde_json::Value::from(tame(&headline(scene))).to_string();
    line!(out, "---\ntitle: {title}\n---");
    line!(out, "%% objects: {}", tame(&legend::counts(scene)));
    out.push_str("flowchart TB\n");
    let mut writer = Writer { out, ..Writer::default() };
    writer.all(&model);
    writer.arrows(&model);
    writer.classes();
    writer.out
}

/// On one line.
fn plain(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

/// On one line, and no tag, where there are no entities.
fn tame(text: &str) -> String {
    plain(text).replace('<', "‹").replace('>', "›")
}

/// Text as it may stand between quotes: entities are written with a number sign.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in plain(text).chars() {
        match letter {
            '#' => escaped.push_str("#35;"),
            '"' => escaped.push_str("#quot;"),
            '<' => escaped.push_str("#lt;"),
            '>' => escaped.push_str("#gt;"),
            '&' => escaped.push_str("#amp;"),
            // It would begin Markdown.
            '`' => escaped.push_str("#96;"),
            letter => escaped.push(letter),
        }
    }
    escaped
}

fn symbol(state: State) -> &'static str {
    match state {
        State::Declared => "·",
        State::Same => "✓",
        State::Kept => "=",
        State::Moving => "…",
        State::Create => "+",
        State::Change => "~",
        State::Remove => "−",
        State::Unknown => "?",
        State::Failed => "!",
    }
}

#[derive(Default)]
struct Writer {
    out: String,
    /// What stands for a box, by what arrows call it: for a band, what is in it.
    names: BTreeMap<String, Vec<String>>,
    states: BTreeSet<State>,
    /// What has others in it.
    groups: Vec<String>,
    count: usize,
}

impl Writer {
    fn all(&mut self, model: &Model) {
        if !model.actors.is_empty() {
            self.begin(1, "outside", "Outside", "LR");
            for actor in &model.actors {
                self.card(2, actor);
            }
            self.end(1);
        }
        self.begin(1, "network", &titled(&model.network), "TB");
        for card in model.border.iter().chain(&model.front) {
            self.card(2, card);
        }
        for (number, zone) in model.zones.iter().enumerate() {
            self.begin(2, &format!("zone{number}"), &zone.name, "TB");
            self.begin(3, &format!("public{number}"), &titled(&zone.public), "LR");
            for card in &zone.cards {
                self.card(4, card);
            }
            self.end(3);
            self.begin(3, &format!("private{number}"), &titled(&zone.private), "TB");
            for band in &model.bands {
                for card in band.cards.get(number).into_iter().flatten() {
                    let name = self.card(4, card);
                    self.names.entry(band.id.clone()).or_default().push(name);
                }
            }
            self.end(3);
            self.end(2);
        }
        for list in &model.within {
            self.list(2, list);
        }
        self.end(1);
        if let Some(news) = &model.news {
            self.list(1, news);
        }
        if !model.beside.is_empty() {
            self.begin(1, "beside", "In the region", "TB");
            for list in &model.beside {
                self.list(2, list);
            }
            self.end(1);
        }
    }

    fn indent(&mut self, depth: usize) {
        self.out.extend(std::iter::repeat_n("  ", depth));
    }

    fn begin(&mut self, depth: usize, name: &str, title: &str, direction: &str) {
        self.groups.push(name.to_owned());
        self.indent(depth);
        line!(self.out, "subgraph {name}[\"{}\"]", escape(title));
        self.indent(depth + 1);
        line!(self.out, "direction {direction}");
    }

    fn end(&mut self, depth: usize) {
        self.indent(depth);
        self.out.push_str("end\n");
    }

    fn node(&mut self, depth: usize, id: &str, label: &str, state: Option<State>) -> String {
        self.count += 1;
        let name = format!("n{}", self.count);
        self.indent(depth);
        let _ = write!(self.out, "{name}[\"{label}\"]");
        match state {
            Some(state) => {
                self.states.insert(state);
                line!(self.out, ":::{}", state.class());
            }
            None => self.out.push('\n'),
        }
        self.names.entry(id.to_owned()).or_default().push(name.clone());
        name
    }

    fn card(&mut self, depth: usize, card: &Card) -> String {
        let mark = card.state.map(|state| format!("{} ", symbol(state))).unwrap_or_default();
        let role = card.role.as_ref().map(|role| format!(" ({role})")).unwrap_or_default();
        let mut label = format!("{mark}<b>{}</b>{}", escape(&card.title), escape(&role));
        for said in &card.lines {
            let _ = write!(label, "<br/>{}", escape(said.text()));
        }
        self.node(depth, &card.id, &label, card.state)
    }

    fn list(&mut self, depth: usize, list: &List) {
        let mut label = format!("<b>{}</b>", escape(list.shelf.title()));
        for row in &list.rows {
            let _ = write!(label, "<br/>{} {}", symbol(row.state), escape(&row.text));
        }
        let worst = list.rows.iter().map(|row| row.state).max();
        self.node(depth, &list.id, &label, worst);
    }

    fn arrows(&mut self, model: &Model) {
        for arrow in &model.arrows {
            let ends = |id: &str| self.names.get(id).cloned().unwrap_or_default();
            let way = match arrow.flow {
                Flow::In | Flow::Out => "-->",
                Flow::Data => "-.->",
            };
            for from in ends(&arrow.from) {
                for to in ends(&arrow.to) {
                    if arrow.label.is_empty() {
                        line!(self.out, "  {from} {way} {to}");
                    } else {
                        line!(self.out, "  {from} {way}|\"{}\"| {to}", escape(&arrow.label));
                    }
                }
            }
        }
    }

    fn classes(&mut self) {
        for state in &self.states {
            let style = match state {
                State::Declared => "fill:#ffffff,stroke:#8794a3,color:#1f2933",
                State::Same => "fill:#ffffff,stroke:#1a7f45,color:#1f2933",
                State::Kept => "fill:#f5f1fb,stroke:#7a5ea8,color:#1f2933",
                State::Moving => "fill:#eef7fc,stroke:#2f7fb8,color:#1f2933",
                State::Create => "fill:#eef4ff,stroke:#2563d6,stroke-dasharray:5 3,color:#1f2933",
                State::Change => "fill:#fff8e8,stroke:#a86400,color:#1f2933",
                State::Remove => "fill:#fdf0ef,stroke:#c22f2f,stroke-dasharray:5 3,color:#1f2933",
                State::Unknown => "fill:#f3f4f6,stroke:#5d6875,stroke-dasharray:2 3,color:#1f2933",
                State::Failed => "fill:#fdecec,stroke:#b00020,stroke-width:2px,color:#1f2933",
            };
            line!(self.out, "  classDef {} {style}", state.class());
        }
        // Whatever is behind it, light or dark.
        line!(self.out, "  classDef group fill:none,stroke:#8795a8");
        line!(self.out, "  class {} group", self.groups.join(","));
    }
}

fn titled(head: &Head) -> String {
    let mark = head.state.filter(|state| !state.is_quiet());
    let mark = mark.map(|state| format!("{} ", symbol(state))).unwrap_or_default();
    format!("{mark}{} {}", head.title, head.said).trim_end().to_owned()
}
