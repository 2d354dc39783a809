// The common styles. Logical properties fit both reading directions; colours follow the page's
// `color-scheme`; animations respect a wish for reduced motion. A build does not shorten strings, so the
// text is short as it is, and parts that look alike share a rule.

export const STYLES =
  // The custom properties that a page sets on the element; docs/element.md lists them.
  `
:host{--belfry-bg:light-dark(#fff,#1a1c21);--belfry-text:light-dark(#171a21,#eff1f5);--belfry-muted:color-mix(in srgb,var(--belfry-text) 68%,var(--belfry-bg));--belfry-line:color-mix(in srgb,var(--belfry-text) 11%,var(--belfry-bg));--belfry-hover:color-mix(in srgb,var(--belfry-text) 5%,var(--belfry-bg));--belfry-accent:light-dark(#2459d8,#8db0ff);--belfry-unread:color-mix(in srgb,var(--belfry-accent) 5%,var(--belfry-bg));--belfry-badge:#d3233b;--belfry-badge-text:#fff;--belfry-radius:14px;--belfry-width:408px;--belfry-height:620px;--belfry-font:system-ui,sans-serif;--belfry-shadow:0 16px 48px #0003;display:inline-block}
:host([inline]:not([inline=false])){display:block}
:host([hidden]),[hidden]{display:none!important}
*{box-sizing:border-box;margin:0}
button,a{all:unset;box-sizing:border-box;cursor:pointer;border-radius:8px}
:focus-visible{outline:2px solid var(--belfry-accent);outline-offset:-2px}
svg{display:block;block-size:1.25em;fill:none;stroke:currentColor;stroke-width:1.7;stroke-linecap:round;stroke-linejoin:round}
.hidden,.snackbar:empty{position:absolute;inline-size:1px;block-size:1px;overflow:hidden;clip-path:inset(50%)}
.bell,.tool,.tile,.empty{display:grid;place-items:center}` +
  // The bell.
  `
.bell{position:relative;inline-size:40px;block-size:40px;border-radius:50%;font-size:18px}
.bell:hover,.tool:hover{background:#8882}
.badge{position:absolute;inset-block-start:0;inset-inline-start:54%;min-inline-size:18px;padding-inline:5px;border-radius:9px;background:var(--belfry-badge);color:var(--belfry-badge-text);font:600 11px/18px var(--belfry-font);text-align:center}` +
  // The panel.
  `
.panel,.toasts{position:relative;inset:auto;flex-direction:column;padding:0;border:0;overflow:hidden;background:var(--belfry-bg);color:var(--belfry-text);font:14px/20px var(--belfry-font);overflow-wrap:anywhere}
.panel{max-block-size:var(--belfry-height)}
.panel:not([popover]),:popover-open{display:flex}
.panel,.toast{border:1px solid var(--belfry-line);border-radius:var(--belfry-radius);outline:0}
.panel[popover],.toast{box-shadow:var(--belfry-shadow)}
.panel[popover]{position:fixed;inset:var(--top) auto var(--bottom) clamp(8px,var(--left),100% - var(--belfry-width) - 8px);inline-size:min(var(--belfry-width),100% - 16px);max-block-size:min(var(--belfry-height),var(--room))}
.header,.banner,.snackbar{display:flex;align-items:center;justify-content:space-between;gap:12px;padding:8px 20px}
.header{padding:14px 12px 6px;padding-inline-start:20px}
.title{font-size:17px}
.header .tool{display:none}
.mark-all{margin-inline-start:auto;text-align:end}
.tab,.more,.action,.mark-all{padding:4px 10px;font-size:13px;font-weight:500}
.tab,.more,.tool,.mark-all{color:var(--belfry-muted)}
.tab:hover,.tab[aria-selected=true],.tool:hover,.more:hover,.mark-all:hover{color:var(--belfry-text)}
.more:hover,.mark-all:hover,.tab[aria-selected=true],.item:hover,.action:hover,.banner,.loading i{background:var(--belfry-hover)}
.main{position:relative;display:flex;flex-direction:column;min-block-size:0}
.tool{inline-size:30px;block-size:30px}
[aria-disabled]{opacity:.4}
.banner{color:var(--belfry-muted);font-size:13px}
.retry,.undo{padding-block:4px;font-weight:600;text-decoration:underline;outline-color:currentColor}
.pill,.snackbar{position:absolute;z-index:3;inset:auto 8px 14px;inline-size:fit-content;margin:auto;padding:8px 16px;border-radius:22px;background:var(--belfry-text);color:var(--belfry-bg);font-size:13px}` +
  // The rest.
  `
.empty{gap:12px;padding:60px 32px}
.empty svg{block-size:40px;stroke-width:1.2;color:var(--belfry-muted)}
.loading{animation:show 1ms .2s backwards}
@keyframes show{0%{opacity:0}}
.loading i{display:block;block-size:36px;margin:22px;border-radius:10px}
@media (pointer:coarse){button,.action{min-inline-size:44px;min-block-size:44px;align-content:center;text-align:center}}
@media (max-width:480px){.panel[popover]{inset:auto 0 0;inline-size:100%;max-block-size:85%;border:0 solid var(--belfry-bg);border-block-end-width:env(safe-area-inset-bottom);border-radius:var(--belfry-radius) var(--belfry-radius) 0 0}
.panel::backdrop{background:#0006}
.header .tool{display:grid}}
@media (prefers-reduced-motion:no-preference){.panel:popover-open,.toast{animation:show .15s}}
@media (forced-colors:active){.badge,.snackbar{forced-color-adjust:none;background:CanvasText;color:Canvas}}`;
