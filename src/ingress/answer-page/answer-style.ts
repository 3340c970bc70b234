/** The stylesheet of the pages where a person answers. */
export const ANSWER_STYLE = `:root {
  color-scheme: light dark;
  font: 16px/1.5 system-ui, sans-serif;
  --page: #f4f5f7; --card: #fff; --text: #1c1e21; --soft: #5b6169; --line: #d5d9de; --box: #f7f8f9;
  --accent: #1f5fbf; --on-accent: #fff; --warn: #a3261b;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14161a; --card: #1e2126; --text: #e8eaed; --soft: #a2a9b2; --line: #3a3f47; --box: #17191d;
    --accent: #7fb2ff; --on-accent: #10203a; --warn: #ff9d92;
  }
}
* { box-sizing: border-box; }
body { margin: 0; padding: 2rem 1rem; background: var(--page); color: var(--text); }
main { max-width: 40rem; margin: 0 auto; padding: 1.75rem; background: var(--card); border: 1px solid var(--line); border-radius: 12px; }
h1 { margin: 0 0 0.75rem; font-size: 1.4rem; line-height: 1.3; overflow-wrap: anywhere; white-space: pre-wrap; }
p { margin: 0 0 0.75rem; overflow-wrap: anywhere; }
.soft { color: var(--soft); font-size: 0.9rem; }
.warn { color: var(--warn); font-weight: 600; }
.show { margin: 0 0 1.25rem; padding: 0.9rem 1rem; max-height: 24rem; overflow: auto; background: var(--box); border: 1px solid var(--line); border-radius: 8px; font: 0.9rem/1.5 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
fieldset { margin: 0 0 1.25rem; padding: 0; border: 0; min-width: 0; }
legend, label.field { display: block; margin: 0 0 0.35rem; padding: 0; font-weight: 600; }
label.choice { display: flex; gap: 0.7rem; align-items: baseline; margin: 0 0 0.5rem; padding: 0.65rem 0.9rem; border: 1px solid var(--line); border-radius: 8px; cursor: pointer; overflow-wrap: anywhere; }
label.choice:has(:checked) { border-color: var(--accent); box-shadow: inset 0 0 0 1px var(--accent); }
label.choice input { accent-color: var(--accent); margin: 0; }
input[type='text'], textarea { display: block; width: 100%; margin: 0 0 1.25rem; padding: 0.6rem 0.8rem; font: inherit; color: inherit; background: var(--box); border: 1px solid var(--line); border-radius: 8px; resize: vertical; }
::placeholder { color: var(--soft); opacity: 1; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
button { padding: 0.65rem 1.4rem; font: inherit; font-weight: 600; color: var(--on-accent); background: var(--accent); border: 0; border-radius: 8px; cursor: pointer; }
footer { margin: 1.25rem 0 0; padding: 1rem 0 0; border-top: 1px solid var(--line); }
footer p:last-child, main > p:last-child { margin-bottom: 0; }
`;
