// How it looks. Logical properties only, so that it reads from either side; colours follow the page's
// `color-scheme`; what moves does so only where nobody has asked for stillness.

/** The names of the page's variables, in one place: docs/element.md lists them. */
const THEME = `
:host {
  --accent: var(--belfry-accent, light-dark(#2459d8, #8db0ff));
  --accent-text: var(--belfry-accent-text, light-dark(#fff, #0c1730));
  --bg: var(--belfry-bg, light-dark(#fff, #1a1c21));
  --text: var(--belfry-text, light-dark(#171a21, #eff1f5));
  --muted: var(--belfry-muted, light-dark(#5b6372, #a3aab8));
  --line: var(--belfry-line, light-dark(#e6e8ec, #2f333b));
  --hover: var(--belfry-hover, light-dark(#f3f4f7, #24272e));
  --badge: var(--belfry-badge, light-dark(#d3233b, #ff7584));
  --badge-text: var(--belfry-badge-text, light-dark(#fff, #2b0509));
  --radius: var(--belfry-radius, 14px);
  --width: var(--belfry-width, 408px);
  --height: var(--belfry-height, 620px);
  --shadow: var(--belfry-shadow, 0 0 0 1px light-dark(#10182012, #0006), 0 4px 12px light-dark(#10182014, #0005), 0 20px 48px light-dark(#1018202b, #0009));
  --tint: color-mix(in srgb, var(--accent) 5%, var(--bg));
  display: inline-block;
  font: 14px/1.45 var(--belfry-font, system-ui, sans-serif);
  text-align: start;
}
:host([hidden]) { display: none; }
:host([inline]) { display: block; }
* { box-sizing: border-box; margin: 0; }
[hidden] { display: none !important; }
button, a { all: unset; box-sizing: border-box; cursor: pointer; }
:is(button, a, .item, .panel):focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.panel:focus-visible { outline: none; }
svg { inline-size: 1.25em; block-size: 1.25em; fill: none; stroke: currentColor; stroke-width: 1.7; stroke-linecap: round; stroke-linejoin: round; display: block; }
.hidden { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
`;

const BELL = `
.bell { position: relative; display: inline-grid; place-items: center; inline-size: 40px; block-size: 40px; border-radius: 50%; font-size: 18px; }
.bell:hover, .bell[aria-expanded=true] { background: color-mix(in srgb, currentColor 8%, transparent); }
.badge { position: absolute; inset-block-start: 1px; inset-inline-start: 54%; min-inline-size: 18px; block-size: 18px; padding-inline: 5px; border-radius: 9px; background: var(--badge); color: var(--badge-text); font: 600 11px/18px var(--belfry-font, system-ui, sans-serif); text-align: center; font-variant-numeric: tabular-nums; }
`;

const PANEL = `
.panel { flex-direction: column; overflow: hidden; inline-size: 100%; border: 0; padding: 0; background: var(--bg); color: var(--text); overflow-wrap: anywhere; outline: 0; }
.panel:not([popover]), .panel:popover-open { display: flex; }
.panel[popover] { position: fixed; inset: auto; inset-block: var(--top) var(--bottom); inset-inline-end: clamp(8px, var(--end), calc(100vw - var(--width) - 8px)); inline-size: min(var(--width), 100vw - 16px); block-size: auto; max-block-size: min(var(--height), var(--room)); border-radius: var(--radius); box-shadow: var(--shadow); }
.panel:not([popover]) { position: relative; max-block-size: var(--height); border: 1px solid var(--line); border-radius: var(--radius); }
.header { display: flex; align-items: center; justify-content: space-between; gap: 8px; padding: 14px 12px 6px 18px; padding-inline: 18px 12px; }
.title { font-size: 17px; font-weight: 650; letter-spacing: -.01em; line-height: 1.3; }
.tabs { display: flex; flex: none; gap: 2px; padding: 2px 12px 10px; overflow-x: auto; scrollbar-width: none; border-block-end: 1px solid var(--line); }
.tab { flex: none; padding: 4px 10px; border-radius: 8px; color: var(--muted); font-size: 13px; font-weight: 500; white-space: nowrap; max-inline-size: 180px; overflow: hidden; text-overflow: ellipsis; }
.tab:hover { color: var(--text); }
.tab[aria-selected=true] { background: var(--hover); color: var(--text); }
.tab:focus-visible { outline-offset: -2px; }
.main { position: relative; display: flex; flex-direction: column; min-block-size: 0; flex: 1 1 auto; }
.scroller { overflow-y: auto; overflow-anchor: none; overscroll-behavior: contain; min-block-size: 0; scrollbar-width: thin; scrollbar-color: var(--line) transparent; }
.tool { display: grid; place-items: center; inline-size: 30px; block-size: 30px; border-radius: 8px; color: var(--muted); font-size: 14px; flex: none; }
.tool:hover { background: color-mix(in srgb, currentColor 12%, transparent); color: var(--text); }
.tool[aria-disabled] { opacity: .4; cursor: default; }
.header .tool { font-size: 16px; }
.pill { position: sticky; z-index: 3; inset-block-start: 10px; display: block; inline-size: fit-content; margin: 0 auto -30px; padding: 0 14px; border-radius: 15px; line-height: 30px; background: var(--accent); color: var(--accent-text); font-size: 13px; font-weight: 600; box-shadow: 0 2px 10px #0003; }
.more { display: block; inline-size: calc(100% - 24px); margin: 10px 12px; padding: 8px; border-radius: 10px; color: var(--muted); font-size: 13px; font-weight: 500; text-align: center; }
.more:hover { background: var(--hover); color: var(--text); }
.banner { display: flex; flex: none; align-items: center; justify-content: space-between; gap: 12px; padding: 8px 18px; border-block-end: 1px solid var(--line); background: var(--hover); color: var(--muted); font-size: 13px; animation: late 1ms 2s backwards; }
@keyframes late { from { visibility: hidden; max-block-size: 0; padding-block: 0; border-width: 0; } }
.retry, .undo { flex: none; border-radius: 4px; color: var(--accent); font-weight: 600; padding: 2px 4px; }
.retry:hover, .undo:hover { text-decoration: underline; }
.snackbar { position: absolute; z-index: 4; inset-block-end: 14px; inset-inline: 14px; display: flex; align-items: center; justify-content: space-between; gap: 16px; inline-size: fit-content; max-inline-size: calc(100% - 28px); margin-inline: auto; padding: 8px 10px 8px 16px; padding-inline: 16px 10px; border-radius: 12px; background: var(--text); color: var(--bg); font-size: 13px; box-shadow: 0 6px 20px #0003; }
.undo { color: inherit; text-decoration: underline; text-underline-offset: 3px; }
.undo:focus-visible { outline-color: currentColor; }
`;

const ITEM = `
.item { position: relative; display: grid; grid-template-columns: auto 1fr; gap: 12px; padding: 14px 16px 14px 22px; padding-inline: 22px 16px; border-block-end: 1px solid var(--line); }
.item:last-child { border-block-end-color: transparent; }
.item:hover { background: var(--hover); }
.unread { background: var(--tint); }
.item:focus-visible { outline-offset: -3px; border-radius: 10px; }
.dot { display: none; position: absolute; inset-inline-start: 7px; inset-block-start: 28px; inline-size: 8px; block-size: 8px; border-radius: 50%; background: var(--accent); }
.unread .dot { display: block; }
.tile { display: grid; place-items: center; inline-size: 36px; block-size: 36px; border-radius: 10px; background: color-mix(in srgb, var(--text) 8%, var(--bg)); color: var(--muted); font-weight: 600; font-size: 15px; overflow: hidden; }
.icon { inline-size: 100%; block-size: 100%; object-fit: cover; }
.content { min-inline-size: 0; }
.line { display: flex; align-items: baseline; gap: 12px; }
.item-title { position: static; flex: 1; min-inline-size: 0; font-weight: 450; display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden; }
.unread .item-title, .toast .item-title { font-weight: 620; }
.item-title::after { content: ""; position: absolute; inset: 0; }
.item-title:focus-visible { outline: none; }
.item-title:focus-visible::after { outline: 2px solid var(--accent); outline-offset: -3px; border-radius: 10px; }
.time { flex: none; color: var(--muted); font-size: 12px; font-variant-numeric: tabular-nums; }
.item-body { margin-block-start: 2px; color: var(--muted); font-size: 13px; white-space: pre-line; display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 3; overflow: hidden; }
[data-open] :is(.item-title, .item-body) { -webkit-line-clamp: none; display: block; }
.image { display: block; max-inline-size: 100%; max-block-size: 180px; margin-block-start: 8px; border-radius: 10px; object-fit: cover; }
.actions { display: flex; flex-wrap: wrap; gap: 8px; margin-block-start: 10px; }
.action { position: relative; z-index: 1; max-inline-size: 100%; padding: 4px 12px; border-radius: 8px; box-shadow: inset 0 0 0 1px color-mix(in srgb, var(--text) 18%, var(--bg)); background: var(--bg); font-size: 13px; font-weight: 550; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.action:hover { background: var(--hover); }
.category { display: inline-block; margin-block-start: 6px; color: var(--muted); font-size: 12px; }
.tools { position: absolute; z-index: 2; inset-block-start: 8px; inset-inline-end: 10px; display: flex; padding: 2px; border-radius: 10px; background: var(--bg); box-shadow: 0 0 0 1px var(--line), 0 2px 6px #0000000f; }
@media (hover: hover) {
  .tools { opacity: 0; }
  .item:is(:hover, :focus-visible, :has(:focus-visible)) .tools { opacity: 1; }
}
@media (hover: none) {
  .item { padding-block-end: 10px; }
  .tools { position: relative; inset: auto; grid-column: 2; justify-self: start; background: none; box-shadow: none; margin-inline-start: -10px; }
  .tool { inline-size: 40px; block-size: 36px; font-size: 16px; }
}
`;

const STATES = `
.empty, .error { display: grid; justify-items: center; gap: 6px; padding: 56px 32px 64px; text-align: center; color: var(--muted); font-size: 13px; }
.empty svg { inline-size: 40px; block-size: 40px; stroke-width: 1.2; margin-block-end: 8px; }
.empty-title { color: var(--text); font-size: 15px; font-weight: 600; }
.error .empty-title { font-weight: 500; margin-block-end: 6px; }
.loading { animation: late 1ms .2s backwards; }
.skeleton { display: grid; grid-template-columns: 36px 1fr; grid-template-rows: 1fr 1fr; column-gap: 12px; row-gap: 10px; padding: 16px 22px; block-size: 70px; }
.skeleton :is(i, b), .skeleton::after { content: ""; border-radius: 6px; background: var(--hover); }
.skeleton i { grid-row: span 2; border-radius: 10px; }
.skeleton b { inline-size: 55%; }
.skeleton::after { inline-size: 85%; }
`;

const TOASTS = `
.toasts { position: fixed; inset: auto; inset-block-end: 16px; inset-inline-end: 16px; inline-size: min(380px, 100vw - 32px); border: 0; padding: 0; background: none; overflow: visible; color: var(--text); overflow-wrap: anywhere; }
.toasts:popover-open { display: grid; gap: 10px; }
.toast { position: relative; display: grid; grid-template-columns: auto 1fr auto; gap: 12px; padding: 14px 12px 14px 16px; padding-inline: 16px 12px; border-radius: var(--radius); background: var(--bg); box-shadow: var(--shadow); }
.toast .item-body { -webkit-line-clamp: 2; }
.toast .tool { position: relative; z-index: 1; margin-block: -4px; }
`;

const CIRCUMSTANCES = `
@media (max-width: 480px) {
  .panel[popover] { inset: auto 0 0; inline-size: 100%; max-inline-size: none; max-block-size: 88dvh; border-end-start-radius: 0; border-end-end-radius: 0; }
}
@media (prefers-reduced-motion: no-preference) {
  .panel[popover], .toast { transition: opacity .14s, translate .14s; }
  @starting-style { .panel[popover]:popover-open, .toast { opacity: 0; translate: 0 -6px; } }
  @starting-style { .toast { translate: 0 8px; } }
  .skeleton { animation: pulse 1.4s ease-in-out infinite alternate; }
  @keyframes pulse { to { opacity: .5; } }
}
@media (forced-colors: active) {
  .panel, .toast, .snackbar, .tools { border: 1px solid CanvasText; }
  .badge, .dot, .pill { forced-color-adjust: none; background: Highlight; color: HighlightText; }
  .tab[aria-selected=true] { forced-color-adjust: none; background: Highlight; color: HighlightText; }
  .action { border: 1px solid ButtonBorder; }
  .skeleton :is(i, b), .skeleton::after { background: GrayText; }
}
`;

export const STYLES = THEME + BELL + PANEL + ITEM + STATES + TOASTS + CIRCUMSTANCES;
