//! Random changes between queries.

use super::support::{SETTLE, assert_right, folder, run};
use arraystow::Storage;
use std::path::Path;

/// A sequence of numbers that look random.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (mixed ^ (mixed >> 27)) % most
    }
}

fn change(storage: &Storage, root: Option<&Path>, numbers: &mut Numbers) {
    let workflow = ["runs", "runs/late", "other"][numbers.below(3) as usize];
    let name = format!("{workflow}/{}", numbers.below(30));
    match (numbers.below(10), root) {
        (0..=5, _) => drop(storage.save(&name, &run(numbers.below(60))).unwrap()),
        (6, _) => storage.remove(&name).unwrap_or_else(|error| assert!(error.is_not_found(), "{error}")),
        (7, Some(root)) => drop(std::fs::remove_file(root.join(workflow).join("bigdata/.index"))),
        // A document in the place of another one.
        (8, Some(root)) if root.join(workflow).is_dir() => {
            std::fs::copy(root.join("first"), root.join(&name)).unwrap();
        }
        (9, Some(root)) if storage.contains(&name).unwrap() => {
            let file = std::fs::File::options().write(true).open(root.join(&name)).unwrap();
            let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(numbers.below(2));
            file.set_modified(time).unwrap();
        }
        _ => {}
    }
}

fn changes(storage: &Storage, root: Option<&Path>) {
    let mut first = run(1);
    first.field = ndarray::Array1::zeros(2);
    storage.save("first", &first).unwrap();
    let mut numbers = Numbers(7);
    for round in 0..3 {
        for _ in 0..60 {
            change(storage, root, &mut numbers);
        }
        std::thread::sleep(SETTLE);
        // The first query writes the index, the second one uses it.
        assert_right(storage, "**", &format!("round {round}"));
        for _ in 0..4 {
            change(storage, root, &mut numbers);
            change(storage, root, &mut numbers);
            assert_right(
                storage,
                ["**", "runs/**", "*/1*"][numbers.below(3) as usize],
                &format!("late in round {round}"),
            );
        }
    }
}

#[test]
fn of_a_folder() {
    let (folder, storage) = folder();
    changes(&storage, Some(&folder.path().join("root")));
}

#[cfg(feature = "object-store")]
#[test]
fn of_an_object_store() {
    let client = std::sync::Arc::new(object_store::memory::InMemory::new());
    changes(&Storage::from_object_store(client, "root").unwrap(), None);
}
