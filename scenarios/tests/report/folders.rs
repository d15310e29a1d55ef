//! Folders that no page can be made of.

use crate::common::Lab;

#[test]
fn damaged_folders_are_refused_by_file_and_nothing_is_left_behind() {
    let lab = Lab::new();
    lab.run("run", "reaching --time 2s");
    lab.succeeds("study reaching --seeds 1 --time 2s --quiet --out study");
    let damages: [(&str, &[u8], &str); 9] = [
        ("run/summary.json", b"{\"scenario\":", "EOF"),
        ("run/summary.json", b"{}", "missing field"),
        ("run/metrics.csv", b"time_s,a,b\n1,2,3\n1,2\n", "line 3: expected 3 numbers, found \"1,2\""),
        ("run/metrics.csv", b"", "line 1: expected"),
        ("run/checkpoint.bin", b"EMBODYCP", "no checkpoint"),
        ("run/maps.json", b"[", "EOF"),
        ("run/rewards.f32", b"12345", "found 5 bytes"),
        ("run/config.toml", b"name = 3\n", "config.toml:1"),
        ("study/study.json", b"{}", "missing field"),
    ];
    for (file, bytes, part) in damages {
        let (folder, name) = file.split_once('/').unwrap();
        let whole = lab.bytes(file);
        lab.write(file, bytes);
        let before = lab.tree(folder);
        let said = lab.fails(&format!("report {folder}"));
        assert!(said.contains(name) && said.contains(part), "{file}: {said}");
        assert!(lab.tree(folder) == before, "{file}: nothing is left behind");
        lab.write(file, whole);
    }
    let mut checkpoint = lab.bytes("run/checkpoint.bin");
    let middle = checkpoint.len() / 2;
    checkpoint[middle] ^= 1;
    lab.write("run/checkpoint.bin", checkpoint);
    assert!(lab.fails("report run").contains("checkpoint.bin: this checkpoint is damaged"));
    lab.write("empty/note.txt", "nothing");
    for (folder, part) in [("empty", "found neither"), ("nowhere", "No such file"), ("empty/note.txt", "found a file")] {
        let said = lab.fails(&format!("report {folder}"));
        assert!(said.contains("expected the folder of a run") && said.contains(part), "{said}");
    }
}
