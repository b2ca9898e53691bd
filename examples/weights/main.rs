//! A model and its optimizer share their weights: `cargo run -p arraystow-examples --example weights`.
//!
//! The weights are in memory once, are saved once, and are shared again after a load. The training then goes on as if it
//! had not been interrupted.
#![allow(clippy::print_stdout, reason = "an example")]

use arraystow::{Shared, Storage};
use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// Weights of any shape, in a row.
#[derive(Clone, Serialize, Deserialize)]
struct Weights(#[serde(with = "arraystow::ndarray")] Array1<f32>);

#[derive(Serialize, Deserialize)]
struct Model {
    name: String,
    layers: BTreeMap<String, Shared<Weights>>,
}

/// What Adam keeps for the weights that it trains.
#[derive(Serialize, Deserialize)]
struct Group {
    weights: Shared<Weights>,
    mean: Weights,
    variance: Weights,
}

#[derive(Serialize, Deserialize)]
struct Adam {
    rate: f32,
    step: i32,
    groups: BTreeMap<String, Group>,
}

#[derive(Serialize, Deserialize)]
struct Training {
    model: Model,
    adam: Adam,
}

const LAYERS: [(&str, usize); 2] = [("encoder", 64 * 64), ("decoder", 64 * 16)];

fn begin() -> Training {
    let weights = |len| Shared::new(Weights(Array1::from_shape_fn(len, |n| (n % 7) as f32 / 7.0 - 0.5)));
    let layers: BTreeMap<_, _> = LAYERS.map(|(name, len)| (name.to_owned(), weights(len))).into();
    let zeros = |weights: &Weights| Weights(Array1::zeros(weights.0.len()));
    let group =
        |weights: &Shared<Weights>| Group { weights: weights.clone(), mean: zeros(weights), variance: zeros(weights) };
    let groups = layers.iter().map(|(name, weights)| (name.clone(), group(weights))).collect();
    Training { model: Model { name: "autoencoder".into(), layers }, adam: Adam { rate: 0.01, step: 0, groups } }
}

/// One step: the model's weights are replaced by new ones, which the optimizer shares.
fn step(training: &mut Training) {
    let Training { model, adam } = training;
    adam.step += 1;
    for (name, group) in &mut adam.groups {
        let gradient = group.weights.0.mapv(|w| 2.0 * (w - 0.25));
        group.mean.0 = &group.mean.0 * 0.9 + &gradient * 0.1;
        group.variance.0 = &group.variance.0 * 0.999 + &gradient * &gradient * 0.001;
        let (mean, variance) =
            (&group.mean.0 / (1.0 - 0.9_f32.powi(adam.step)), &group.variance.0 / (1.0 - 0.999_f32.powi(adam.step)));
        let new = Shared::new(Weights(&group.weights.0 - &(mean * adam.rate / (variance.mapv(f32::sqrt) + 1e-8))));
        group.weights = new.clone();
        model.layers.insert(name.clone(), new);
    }
}

fn main() -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    let storage = Storage::open(folder.path())?;
    let mut training = begin();
    (0..100).for_each(|_| step(&mut training));
    storage.save("training", &training)?;
    for array in storage.info("training")?.arrays {
        println!("{:>6} bytes: {}", array.bytes, array.paths.join(", "));
    }

    let mut resumed: Training = storage.load("training")?;
    for (name, weights) in &resumed.model.layers {
        assert!(Shared::ptr_eq(weights, &resumed.adam.groups[name].weights)); // one allocation again
    }
    (0..100).for_each(|_| step(&mut training));
    (0..100).for_each(|_| step(&mut resumed));
    for (name, weights) in &training.model.layers {
        assert_eq!(weights.0, resumed.model.layers[name].0);
    }
    println!("after 100 more steps, the resumed training of the {} has the same weights", resumed.model.name);

    // A program that only runs the model loads nothing of the optimizer.
    #[derive(Deserialize)]
    struct Trained {
        model: Model,
    }
    let trained: Trained = storage.load("training")?;
    let decoder = Array2::from_shape_vec((64, 16), trained.model.layers["decoder"].0.to_vec())?;
    println!("the decoder's weights: {:?}, on average {:.3}", decoder.shape(), decoder.mean().unwrap_or_default());
    Ok(())
}
