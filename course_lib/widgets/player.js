// The buttons of a figure that goes in steps: play, step, reset.
// step() takes one, from the end back to the beginning, and returns whether more are left.
const player = (say, step, reset, milliseconds = 900) => {
  let timer = 0;
  const stop = () => {
    clearInterval(timer);
    timer = 0;
    play.textContent = "play";
    say.setAttribute("aria-live", "polite");
  };
  const tick = () => {
    if (step()) return;
    stop();
    say.append(""); // a change: now the last step is said aloud
  };
  const run = () => {
    play.textContent = "pause";
    // a voice that reads every step would never finish
    say.setAttribute("aria-live", "off");
    timer = setInterval(tick, milliseconds);
    tick();
  };
  const once = (act) => () => {
    stop();
    act();
  };
  const play = button("play", () => (timer ? stop() : run()), { class: "main" });
  // with reduced motion nothing moves by itself: there are single steps
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const single = [button("step", once(step)), button("reset", once(reset))];
  return { buttons: still ? single : [play, ...single], stop };
};
