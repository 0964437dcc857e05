"""The look and the script of the page of a matrix, both of which are constant.

INVARIANT: no data is ever put into these texts: the page's policy names them by their hash.
"""

from __future__ import annotations

STYLE = """
:root{color-scheme:light dark;--paper:#fff;--ink:#1a1a1a;--soft:#5a5a5a;--line:#d5d5d5;
--none:#f3f3f3;--no:#b84300;--focus:#d000a0}
*{box-sizing:border-box}
body{margin:0;height:100vh;display:flex;flex-direction:column;background:var(--paper);color:var(--ink);
font:14px/1.4 Helvetica,Arial,"Liberation Sans",sans-serif}
header{padding:12px 16px 8px}
h1{font-size:18px;margin:0}
p{margin:4px 0;color:var(--soft)}
.note{color:var(--no)}
.legend{list-style:none;margin:6px 0;padding:0;display:flex;flex-wrap:wrap;gap:4px 16px}
.legend span{display:inline-block;width:20px;text-align:center;line-height:20px}
.filters label{margin-right:16px}
#cause{min-height:2.8em;margin:6px 0 0;color:var(--ink)}
main{flex:1;overflow:auto;border-top:1px solid var(--line)}
table{border-collapse:separate;border-spacing:1px;font-size:13px}
th{font-weight:normal;text-align:left;background:var(--paper);white-space:nowrap}
thead th,thead td{position:sticky;top:0;z-index:1;vertical-align:bottom;background:var(--paper)}
thead td{left:0;z-index:2}
thead th span{display:block;writing-mode:vertical-rl;transform:rotate(180deg);max-height:18em;
overflow:hidden;text-overflow:ellipsis;padding:6px 0}
tbody th{position:sticky;left:0;padding:0 10px 0 16px;max-width:24em;overflow:hidden;
text-overflow:ellipsis}
tbody td{width:22px;min-width:22px;height:22px;text-align:center;cursor:default;padding:0}
tbody tr:hover th{text-decoration:underline}
td:hover{outline:2px solid var(--focus);outline-offset:-2px}
td:focus{outline:3px solid var(--focus);outline-offset:-1px}
.admin{background:#cc79a7;color:#000}
.owner{background:#009e73;color:#000}
.direct{background:#e69f00;color:#000}
.group{background:#0072b2;color:#fff}
.default,.everyone{background:#a6d5f2;color:#000}
.public{background:#f0e442;color:#000}
.absent,.pending,.false,.base{background:var(--none);color:var(--soft)}
.false,.base{color:var(--no)}
@media(prefers-color-scheme:dark){:root{--paper:#16181c;--ink:#eee;--soft:#b5b5b5;--line:#3a3d44;
--none:#24272d;--no:#ff8a3d;--focus:#ff7be0}}
@media print{body{height:auto;display:block}main{overflow:visible}.filters,#cause{display:none}
*{print-color-adjust:exact}}
""".strip()

SCRIPT = """
"use strict";
const body = document.querySelector("tbody"), cause = document.getElementById("cause");
const headings = [...document.querySelectorAll("thead th")];
const sheet = document.styleSheets[0], constant = sheet.cssRules.length;
const cells = row => [...row.querySelectorAll("td")];
const isShown = element => element && element.offsetParent !== null;
let current = body.querySelector("td");
if (current) current.tabIndex = 0;

function tell(cell) {
  cause.textContent = cell.parentNode.firstElementChild.textContent + " \\u2014 " + cell.title;
}
function go(cell) {
  current.tabIndex = -1;
  current = cell;
  cell.tabIndex = 0;
  cell.focus();
}
function beside(cell, step) {
  do cell = step > 0 ? cell.nextElementSibling : cell.previousElementSibling;
  while (cell && cell.tagName === "TD" && !isShown(cell));
  return cell && cell.tagName === "TD" ? cell : null;
}
function along(cell, step) {
  let row = cell.parentNode;
  do row = step > 0 ? row.nextElementSibling : row.previousElementSibling;
  while (row && row.hidden);
  return row && row.children[cell.cellIndex];
}
function end(cell, step) {
  const shown = cells(cell.parentNode).filter(isShown);
  return step > 0 ? shown[shown.length - 1] : shown[0];
}
const moves = {
  ArrowRight: cell => beside(cell, 1), ArrowLeft: cell => beside(cell, -1),
  ArrowDown: cell => along(cell, 1), ArrowUp: cell => along(cell, -1),
  Home: cell => end(cell, -1), End: cell => end(cell, 1),
};
body.addEventListener("mouseover", event => {
  const cell = event.target.closest("td");
  if (cell) tell(cell);
});
body.addEventListener("focusin", event => {
  if (event.target.tagName === "TD") tell(event.target);
});
body.addEventListener("click", event => {
  const cell = event.target.closest("td");
  if (cell) go(cell);
});
body.addEventListener("keydown", event => {
  const move = moves[event.key];
  if (!move || event.target.tagName !== "TD") return;
  event.preventDefault();
  const cell = move(event.target);
  if (cell) go(cell);
});
function ready() {
  if (isShown(current)) return;
  const shown = [...body.rows].filter(row => !row.hidden).flatMap(cells).find(isShown);
  if (shown) { current.tabIndex = -1; current = shown; current.tabIndex = 0; }
}
function fits(text, words) {
  return words.toLowerCase().split(/\\s+/).every(word => text.toLowerCase().includes(word));
}
document.getElementById("users").addEventListener("input", event => {
  for (const row of body.rows) {
    const heading = row.firstElementChild;
    row.hidden = !fits(heading.textContent + " " + heading.title, event.target.value);
  }
  ready();
});
document.getElementById("columns").addEventListener("input", event => {
  while (sheet.cssRules.length > constant) sheet.deleteRule(constant);
  headings.forEach((heading, at) => {
    if (!fits(heading.textContent, event.target.value))
      sheet.insertRule(`tr > :nth-child(${at + 2}) { display: none }`, constant);
  });
  ready();
});
""".strip()
