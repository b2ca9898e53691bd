//! Keys, and what they change on the screen.

use super::hang_up;
use super::lines::{cut, wrapped};
use super::list::{List, Row};
use super::picture::{self, Wanted};
use super::terminal::Terminal;
use crate::fault::{Fault, Outcome};
use crate::plot::{Colours, Map};
use crate::text::clean;
use arraystow::{ArrayInfo, Storage, Task};
use clap::ValueEnum;
use crossterm::cursor::MoveTo;
use crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use crossterm::queue;
use crossterm::style::{Attribute, Print, SetAttribute};
use crossterm::terminal::{BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, size};
use std::io::{Write, stdout};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

/// How long the browser waits for a key before it looks at what was read.
const TURN: Duration = Duration::from_millis(30);
const HELP: &str = "↑↓ choose  → open  ← close  tab axis  +- index  pgup pgdn by 10  h histogram  m colours  q quit";

/// Ends the browser from another thread.
#[derive(Clone, Default)]
pub(crate) struct Stop(Arc<AtomicBool>);

impl Stop {
    pub(crate) fn stop(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Shows the values until `q` is pressed.
pub(crate) fn run(storage: Storage, colours: Colours, stop: &Stop) -> Outcome<()> {
    let mut app = App::new(storage, colours)?;
    let terminal = Terminal::enter()?;
    hang_up::watch()?;
    while !stop.0.load(Ordering::Relaxed) {
        if terminal.is_restored() {
            return Err(Fault::Other("the browser has ended, because reading has panicked".to_owned()));
        }
        app.read()?;
        app.receive();
        if app.is_changed {
            app.is_changed = false;
            app.draw()?;
        }
        if event::poll(TURN)? {
            match event::read()? {
                Event::Key(key) if key.kind != KeyEventKind::Release && app.key(key) => break,
                Event::Resize(..) => app.is_changed = true,
                _ => {}
            }
        }
    }
    app.reading.cancel();
    Ok(())
}

/// What was read for the number of a request.
type Read = (u64, Outcome<Vec<String>>);

struct App {
    storage: Storage,
    colours: Colours,
    list: List,
    /// The indices on all axes but the last two, of the selected array.
    at: Vec<usize>,
    /// Which of these axes the keys move along.
    axis: usize,
    map: Map,
    is_histogram: bool,
    wanted: Wanted,
    number: u64,
    reading: Task,
    shown: Vec<String>,
    fault: Option<String>,
    is_changed: bool,
    sender: Sender<Read>,
    receiver: Receiver<Read>,
}

impl App {
    fn new(storage: Storage, colours: Colours) -> Outcome<Self> {
        let list = List::read(&storage)?;
        let (sender, receiver) = channel();
        Ok(Self {
            storage,
            colours,
            list,
            at: Vec::new(),
            axis: 0,
            map: Map::Viridis,
            is_histogram: false,
            wanted: Wanted::Value { name: String::new(), lines: 0 },
            number: 0,
            reading: Task::new(),
            shown: Vec::new(),
            fault: None,
            is_changed: true,
            sender,
            receiver,
        })
    }

    /// The columns of the list, and those and the lines of what is at its right.
    fn room() -> Outcome<(u16, usize, usize)> {
        let (columns, lines) = size()?;
        let left = (columns / 3).clamp(12, 40);
        Ok((left, columns.saturating_sub(left + 2).into(), lines.saturating_sub(2).into()))
    }

    /// Begins to read what is wanted now, on another thread, and cancels what was wanted before.
    fn read(&mut self) -> Outcome<()> {
        let (_, columns, lines) = Self::room()?;
        let wanted = match self.list.selected() {
            None => Wanted::Nothing,
            Some(Row::Value(name)) => Wanted::Value { name: name.to_owned(), lines },
            Some(Row::Array(name, info)) => Wanted::Array {
                name: name.to_owned(),
                path: info.paths.first().cloned().unwrap_or_default(),
                at: self.at.clone(),
                map: self.map,
                is_histogram: self.is_histogram,
                columns,
                lines,
            },
        };
        if wanted == self.wanted {
            return Ok(());
        }
        self.reading.cancel();
        self.reading = Task::new();
        self.number += 1;
        self.wanted = wanted.clone();
        self.is_changed = true;
        let (task, sender, number) = (self.reading.clone(), self.sender.clone(), self.number);
        let (storage, colours) = (self.storage.clone(), self.colours);
        thread::spawn(move || {
            let read = task.run(|| picture::lines(&storage, &wanted, colours));
            // Nothing receives it after the end.
            let _ = sender.send((number, read));
        });
        Ok(())
    }

    fn receive(&mut self) {
        while let Ok((number, read)) = self.receiver.try_recv() {
            if number == self.number {
                self.is_changed = true;
                match read {
                    Ok(lines) => (self.shown, self.fault) = (lines, None),
                    Err(fault) => (self.shown, self.fault) = (Vec::new(), Some(clean(&fault.to_string()))),
                }
            }
        }
    }

    /// Does what a key is for. Returns whether it ends the browser.
    fn key(&mut self, key: KeyEvent) -> bool {
        self.is_changed = true;
        let is_control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('q') | KeyCode::Esc => return true,
            KeyCode::Char('c' | 'd') if is_control => return true,
            KeyCode::Up | KeyCode::Char('k') => self.step(-1),
            KeyCode::Down | KeyCode::Char('j') => self.step(1),
            KeyCode::Home => self.step(isize::MIN),
            KeyCode::End => self.step(isize::MAX),
            KeyCode::Right | KeyCode::Enter => {
                self.fault = self.list.open(&self.storage).err().map(|fault| clean(&fault.to_string()));
                self.select();
            }
            KeyCode::Left => {
                self.list.close();
                self.select();
            }
            KeyCode::Tab => self.axis = (self.axis + 1) % self.at.len().max(1),
            KeyCode::Char('+' | '=') => self.slide(1),
            KeyCode::Char('-') => self.slide(-1),
            KeyCode::PageUp => self.slide(10),
            KeyCode::PageDown => self.slide(-10),
            KeyCode::Char('h') => self.is_histogram = !self.is_histogram,
            KeyCode::Char('m') => self.map = next(self.map),
            _ => {}
        }
        false
    }

    fn step(&mut self, by: isize) {
        self.list.step(by);
        self.select();
    }

    /// Begins with another array at its first elements.
    fn select(&mut self) {
        self.axis = 0;
        self.at = match self.list.selected() {
            Some(Row::Array(_, info)) if picture::has_picture(info) => vec![0; info.shape().len().saturating_sub(2)],
            _ => Vec::new(),
        };
    }

    fn slide(&mut self, by: isize) {
        let Some(Row::Array(_, info)) = self.list.selected() else { return };
        let last = info.shape().get(self.axis).map_or(0, |len| len.saturating_sub(1));
        if let Some(index) = self.at.get_mut(self.axis) {
            *index = index.saturating_add_signed(by).min(last);
        }
    }

    /// Where the sliders are: `time 3 of 12`, with the chosen axis in brackets.
    fn sliders(&self) -> String {
        let Some(Row::Array(_, info)) = self.list.selected() else { return String::new() };
        let slider = |(axis, index): (usize, &usize)| {
            let text = format!("{} {index} of {}", axis_name(info, axis), info.shape()[axis]);
            if axis == self.axis { format!("[{text}]") } else { format!(" {text} ") }
        };
        self.at.iter().enumerate().map(slider).collect::<Vec<_>>().join(" ")
    }

    fn draw(&self) -> Outcome<()> {
        let (left, columns, lines) = Self::room()?;
        let mut out = Vec::new();
        queue!(out, BeginSynchronizedUpdate)?;
        let mut names = self.list.lines(lines).into_iter();
        let message = self.fault.as_ref().map(|fault| wrapped(&format!("error: {fault}"), columns)).unwrap_or_default();
        let mut shown = message.iter().chain(&self.shown);
        for line in 0..lines as u16 {
            queue!(out, MoveTo(0, line), SetAttribute(Attribute::Reset), Clear(ClearType::UntilNewLine))?;
            if let Some((name, is_selected)) = names.next() {
                let attribute = if is_selected { Attribute::Reverse } else { Attribute::Reset };
                queue!(out, SetAttribute(attribute), Print(cut(&name, left.into())), SetAttribute(Attribute::Reset))?;
            }
            queue!(out, MoveTo(left, line), Clear(ClearType::UntilNewLine), Print("│ "))?;
            queue!(out, Print(cut(shown.next().map_or("", String::as_str), columns)))?;
        }
        for (line, text) in [(lines as u16, self.sliders()), (lines as u16 + 1, HELP.to_owned())] {
            let text = cut(&text, columns + usize::from(left) + 2);
            queue!(out, MoveTo(0, line), SetAttribute(Attribute::Reset), Clear(ClearType::UntilNewLine), Print(text))?;
        }
        queue!(out, EndSynchronizedUpdate)?;
        let mut terminal = stdout().lock();
        terminal.write_all(&out)?;
        terminal.flush()?;
        Ok(())
    }
}

fn axis_name(info: &ArrayInfo, axis: usize) -> String {
    let name = info.dims.as_ref().and_then(|dims| dims.get(axis));
    name.map_or_else(|| format!("axis {axis}"), |name| clean(name))
}

fn next(map: Map) -> Map {
    let all = Map::value_variants();
    let here = all.iter().position(|one| *one == map).unwrap_or(0);
    all[(here + 1) % all.len()]
}
