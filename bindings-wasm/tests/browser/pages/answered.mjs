// The questions, with what each is about fetched from the site.

import * as questions from "./questions.mjs";

const ABOUT = { corpus: "corpus", others: "organization", shown: "organization", following: "refreshes" };

export function answered(entries) {
  return async (name, ...given) => {
    const from = name in ABOUT ? ABOUT[name] : given.shift();
    const about = await (await fetch(`/about/${from}.json`)).json();
    return questions[name](entries, about, ...given);
  };
}
