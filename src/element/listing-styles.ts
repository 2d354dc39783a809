// The styles of the list and the toasts; the sheet comes after the common one of styles.ts.

const STYLES =
  // The tabs, and the parts around the items.
  `
.tabs{display:flex;flex:none;flex-wrap:wrap;gap:2px;max-block-size:110px;padding:2px 10px 10px;overflow-y:auto;scrollbar-width:thin;border-block-end:1px solid var(--belfry-line)}
.scroller{overflow-y:auto;overflow-anchor:none;overscroll-behavior:contain;scrollbar-width:thin}
.more{display:block;margin:8px auto;padding:8px 16px}
.expand{flex:none;text-decoration:underline}
.pill{inset-block:8px auto;padding-block:4px;background:var(--belfry-accent)}` +
  // The items of the feed.
  `
.item,.toast{position:relative;display:grid;grid-template-columns:auto 1fr auto;gap:12px;padding:14px 14px 12px;padding-inline-start:22px}
.item{border-block-end:1px solid var(--belfry-line);scroll-margin-block-start:32px}
.item:has(.day:not(:empty)){margin-block-start:32px}
.day{position:absolute;inset:auto 20px 100%;padding-block:6px;color:var(--belfry-muted);font-size:12px;pointer-events:none}
.day:empty{display:none}
.day::first-letter{text-transform:uppercase}
.unread{background:var(--belfry-unread)}
.unread::before{content:"";position:absolute;inset-inline-start:8px;inset-block-start:28px;inline-size:8px;block-size:8px;border-radius:50%;background:var(--belfry-accent)}
.tile{overflow:hidden;inline-size:36px;block-size:36px;border-radius:10px;background:var(--belfry-line);color:var(--belfry-muted);font-weight:600}
.icon{inline-size:100%}
.content{min-inline-size:0}
.item .content{grid-column-end:span 2}
.item-title,.item-body{display:-webkit-box;-webkit-box-orient:vertical;-webkit-line-clamp:3;overflow:hidden;white-space:pre-line;inline-size:fit-content}
[data-open] .link>*{-webkit-line-clamp:none}
.unread .item-title,.toast .item-title{font-weight:600}
.link{display:block;user-select:text}
.link::after{content:"";position:absolute;inset:0;outline:inherit;outline-offset:-2px}
.item-body,.meta{margin-block-start:2px;color:var(--belfry-muted);font-size:13px}
.image{display:block;inline-size:min(100%,320px);aspect-ratio:16/9;object-fit:cover;margin-block-start:8px;border-radius:10px}
.actions{display:flex;flex-wrap:wrap;gap:8px;margin-block:8px}
.link>*,.expand,.action,.tools,.toast .tool{position:relative;z-index:1}
.tab,.action,.category{max-inline-size:min(100%,16em);overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.action{border:1px solid var(--belfry-line);background:var(--belfry-bg)}
.meta{display:flex;align-items:center;gap:4px;min-block-size:24px;margin:0;font-size:12px}
.category::before{content:"· "}
.tools,.toast .tool{margin-block:-5px}
.tools{display:flex;margin-inline-start:auto}
@media (hover:hover){.item:not(:hover,:focus-visible,:has(:focus-visible)) .tools{opacity:0}}` +
  // The toasts.
  `
.toasts{position:fixed;inset-block:16px;inset-inline-end:16px;justify-content:end;gap:10px;inline-size:min(380px,100% - 32px);block-size:auto;background:none;overflow:visible;pointer-events:none}
.toast{flex:none;max-block-size:100%;overflow-y:auto;padding-inline-start:16px;background:var(--belfry-bg);pointer-events:auto}
@media (forced-colors:active){.pill,.tab[aria-selected=true],.unread::before{forced-color-adjust:none;background:CanvasText;color:Canvas}}`;

let sheet: CSSStyleSheet | undefined;

/** Adds the sheet to a shadow root; all elements of a page share it. */
export function addStyles({ adoptedStyleSheets }: ShadowRoot): void {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLES);
  }
  if (!adoptedStyleSheets.includes(sheet)) adoptedStyleSheets.push(sheet);
}
