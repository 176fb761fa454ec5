//! A disk that is full ends a recording, which is told; what was recorded stays readable.

use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use eventscope::recording::{RecordTo, Recording, RecordingThread};

use super::events::{ordinary, segment};
use super::files::events;

/// A small file system of its own; none where it may not be mounted.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount(megabytes: u32) -> Option<Self> {
        let dir = tempfile::tempdir().expect("a folder");
        let options = format!("size={megabytes}m");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &options, "tmpfs"])
            .arg(dir.path())
            .output();
        let is_mounted = mounted.is_ok_and(|output| output.status.success());
        is_mounted.then_some(Self(dir))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Nothing is left of it where that fails but a few megabytes of memory.
        Command::new("umount")
            .arg("-l")
            .arg(self.path())
            .output()
            .ok();
    }
}

#[test]
fn a_full_disk_ends_the_recording_in_words_and_the_file_is_sound() {
    let Some(disk) = SmallDisk::mount(8) else {
        eprintln!(
            "SKIPPED: a small file system cannot be mounted here, so a full disk was not tried"
        );
        return;
    };
    let path = disk.path().join("a.eventscope");
    let told = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&told);
    let recorder = RecordingThread::start(RecordTo::File(path.clone()), move |words| {
        heard.lock().expect("no panic").push(words);
    })
    .expect("a recording");
    let place: Arc<str> = "shop".into();
    let mut large = ordinary(1);
    large.body = vec![b'x'; 100_000];
    let large = segment(&[large]);
    let begun = Instant::now();
    let mut handed = 0;
    while recorder.state().problem.is_none() {
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "the disk is not full"
        );
        recorder.events(&place, &large);
        handed += 1;
        std::thread::sleep(Duration::from_millis(5));
    }
    // Whoever hands events over goes on, and they are counted.
    recorder.events(&place, &large);
    handed += 1;
    let state = recorder.stop();
    let problem = state.problem.expect("why it ended");
    assert!(problem.contains("no room left on the disk"), "{problem}");
    assert_eq!(told.lock().expect("no panic").as_slice(), [problem]);
    assert_eq!(state.events + state.missed, handed);
    assert!(state.events > 10, "{}", state.events);
    // Room is made, as a person would; the file is read as any other.
    let copy = tempfile::tempdir().expect("a folder");
    for end in ["", "-wal"] {
        let name = format!("a.eventscope{end}");
        if disk.path().join(&name).exists() {
            std::fs::copy(disk.path().join(&name), copy.path().join(&name)).expect("a copy");
        }
    }
    let copied = copy.path().join("a.eventscope");
    let recording = Recording::open(&copied).expect("it opens");
    recording.check_all().expect("it is sound");
    assert_eq!(events(&copied).len() as u64, state.events);
}
