// What a screen reader or a keyboard would stumble over, of the rules whose breach is serious (WCAG 2.2 A and AA). Gives a list of sentences.
() => {
  const problems = [];
  const say = (rule, node) => problems.push(`${rule}: ${node.outerHTML.slice(0, 140)}`);
  const text = (node) => (node?.textContent ?? "").trim();
  const byIds = (ids) => (ids ?? "").split(/\s+/).filter(Boolean).map((id) => text(document.getElementById(id))).join(" ").trim();
  const name = (node) =>
    (node.getAttribute("aria-label") ?? "").trim() || byIds(node.getAttribute("aria-labelledby")) ||
    (node.labels?.length ? [...node.labels].map(text).join(" ").trim() : "") || text(node) || (node.getAttribute("title") ?? "").trim() ||
    text(node.querySelector("title")) || (node.querySelector("img[alt]")?.alt ?? "");
  const shown = (node) => {
    if (node.closest("[hidden],[aria-hidden=true]")) return false;
    const style = getComputedStyle(node);
    return style.display !== "none" && style.visibility !== "hidden" && node.getClientRects().length > 0;
  };
  if (!document.documentElement.lang) problems.push("the page has no language");
  if (!document.title.trim()) problems.push("the page has no title");
  if (document.querySelectorAll("main").length !== 1) problems.push("the page has not exactly one main part");
  if (document.querySelectorAll("h1").length !== 1) problems.push("the page has not exactly one first heading");
  const seen = new Set();
  for (const node of document.querySelectorAll("[id]")) {
    if (seen.has(node.id)) say("an id stands twice", node);
    seen.add(node.id);
  }
  let level = 0;
  for (const node of document.querySelectorAll("h1,h2,h3,h4")) {
    if (!shown(node)) continue;
    const now = Number(node.tagName[1]);
    if (level && now > level + 1) say("a level of headings is left out", node);
    level = now;
    if (!text(node)) say("an empty heading", node);
  }
  for (const node of document.querySelectorAll("a[href],button,summary,[role=img],input:not([type=hidden]),select,textarea")) {
    if (shown(node) && !name(node)) say("no name", node);
  }
  for (const node of document.querySelectorAll("[aria-labelledby],[aria-describedby]")) {
    for (const id of `${node.getAttribute("aria-labelledby") ?? ""} ${node.getAttribute("aria-describedby") ?? ""}`.split(/\s+/)) {
      if (id && !document.getElementById(id)) say("names an id that is not there", node);
    }
  }
  for (const table of document.querySelectorAll("table")) if (!table.querySelector("th")) say("a table without headings", table);
  for (const list of document.querySelectorAll("ul,ol")) {
    for (const child of list.children) if (!["LI", "SCRIPT", "TEMPLATE"].includes(child.tagName)) say("a list holds something else", child);
  }
  for (const node of document.querySelectorAll("dl > *")) {
    if (!["DT", "DD", "DIV"].includes(node.tagName)) say("a list of terms holds something else", node);
  }
  for (const node of document.querySelectorAll("[tabindex]")) if (Number(node.getAttribute("tabindex")) > 0) say("an order of its own", node);
  for (const node of document.querySelectorAll("a a,a button,button a,button button,summary a")) say("controls in one another", node);
  // What scrolls must be reachable by keyboard.
  for (const node of document.querySelectorAll("main *")) {
    const style = getComputedStyle(node);
    const scrolls = /auto|scroll/.test(style.overflowX) && node.scrollWidth > node.clientWidth + 1;
    if (scrolls && node.tabIndex < 0 && !node.querySelector("a[href],button,input,select")) say("scrolls and cannot be reached", node);
  }
  // Contrast: 4.5 to 1, or 3 to 1 for large text.
  const parse = (value) => {
    const found = value.match(/rgba?\(([^)]+)\)/);
    if (!found) return null;
    const parts = found[1].split(/[ ,/]+/).filter(Boolean).map(Number);
    return { r: parts[0], g: parts[1], b: parts[2], a: parts.length > 3 ? parts[3] : 1 };
  };
  const over = (top, below) => ({
    r: top.r * top.a + below.r * (1 - top.a), g: top.g * top.a + below.g * (1 - top.a), b: top.b * top.a + below.b * (1 - top.a), a: 1,
  });
  const behind = (node) => {
    const layers = [];
    for (let at = node; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour && colour.a > 0) layers.push(colour);
      if (colour && colour.a === 1) break;
    }
    return layers.reverse().reduce((below, top) => over(top, below), parse(getComputedStyle(document.documentElement).backgroundColor)?.a ? parse(getComputedStyle(document.documentElement).backgroundColor) : { r: 255, g: 255, b: 255, a: 1 });
  };
  const light = ({ r, g, b }) => {
    const [x, y, z] = [r, g, b].map((v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  let pale = 0;
  for (const node of document.querySelectorAll("body *")) {
    const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim());
    if (!own || !shown(node) || node.closest("svg,option,:disabled")) continue;
    const style = getComputedStyle(node);
    const ink = parse(style.color);
    if (!ink) continue;
    const paper = behind(node);
    const [a, b] = [light(over(ink, paper)), light(paper)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5) - 0.01 && pale++ < 5) say(`contrast ${ratio.toFixed(2)}`, node);
  }
  // Things to hit are at least 24 pixels (2.5.8), but for links within a line.
  for (const node of document.querySelectorAll("button,select,input:not([type=hidden],[type=checkbox],[type=radio])")) {
    if (!shown(node)) continue;
    const box = node.getBoundingClientRect();
    if (box.height < 24 || box.width < 24) say("too small to hit", node);
  }
  return problems.slice(0, 40);
}
