package lang

import "strings"

// frenchOfTopics says in French which topic of a webhook is none.
func frenchOfTopics() map[string]string {
	return map[string]string{
		"is a misspelling of %s, it seems, and would bring no events (Client.Do registers any topic)": "" +
			"est sans doute une faute de frappe pour %s, et n'amènerait aucun événement (Client.Do inscrit n'importe quel sujet)",
		"must be one topic, such as transactions/completed: each is registered by itself (Client.Do registers any topic)": "" +
			"doit être un seul sujet, comme transactions/completed : chacun s'inscrit à part (Client.Do inscrit n'importe quel sujet)",
		"must be one word of printable ASCII": "doit être un seul mot en caractères ASCII imprimables",
	}
}

// frenchOfBare says in French what surrounds a token or a company's id that was pasted.
func frenchOfBare(rule string) (french string, ok bool) {
	what, around, ok := strings.Cut(strings.TrimPrefix(rule, "must be the bare "), ", without ")
	if !ok || !strings.HasPrefix(rule, "must be the bare ") {
		return "", false
	}
	names := strings.Split(strings.ReplaceAll(around, " and ", ", "), ", ")
	for i, name := range names {
		switch name {
		case "line breaks":
			name = "retours à la ligne"
		case "quotation marks":
			name = "guillemets"
		case "brackets":
			name = "parenthèses ni crochets"
		case "a comma or semicolon":
			name = "virgule ni point-virgule"
		case "spaces":
			name = "espaces"
		}
		names[i] = strings.Replace(name, "the invisible", "le caractère invisible", 1)
	}
	last := len(names) - 1
	without := names[last]
	if last > 0 {
		without = strings.Join(names[:last], ", ") + " ni " + without
	}
	switch what {
	case "token":
		what = "le jeton seul"
	case "company id":
		what = "l'identifiant de la société seul"
	}
	return "doit être " + what + ", sans " + without, true
}
