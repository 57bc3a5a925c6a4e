//! An environment as a drawing: SVG for runbooks, Mermaid for Markdown. Pure.

mod geometry;
mod groups;
mod icons;
mod labels;
mod layout;
mod legend;
mod measure;
mod mermaid;
mod model;
mod observed;
mod parts;
mod picture;
mod places;
mod route;
mod scene;
mod stands;
mod style;
mod svg;
mod traffic;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tests;

pub(crate) use self::{
    mermaid::mermaid,
    observed::{Setting, declared, observed},
    scene::Scene,
    svg::svg,
};
