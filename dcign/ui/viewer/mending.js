/* Two things that a screen reader stumbles over in Gradio's own components: a label on an element without a role,
 * and an upload button whose label hides the words that it shows. */
const mendGradio = () => {
  const mend = () => {
    for (const empty of document.querySelectorAll("div.empty[aria-label]:not([role])")) {
      empty.setAttribute("role", "img");
    }
    for (const button of document.querySelectorAll("button[aria-dropeffect][aria-label]")) {
      button.removeAttribute("aria-label");
    }
  };
  mend();
  new MutationObserver(mend).observe(document.body, {childList: true, subtree: true});
};
