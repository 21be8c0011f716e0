package lang

import (
	"maps"
	"sync"
)

// frenchTexts are all texts in French, by the English ones. They are put together when the first is asked for.
var frenchTexts = sync.OnceValue(Translations)

// Translations are all texts that have one in French, by the English ones.
func Translations() map[string]string {
	all := map[string]string{}
	for _, texts := range []map[string]string{
		frenchGeneral(), frenchAccount(), frenchAPI(), frenchAPIMore(), frenchEvents(), frenchPayroll(), frenchPapers(), frenchSandbox(),
		frenchRules(), frenchWallets(), frenchFiles(), frenchRuns(), frenchAudit(), frenchApproval(), frenchBooks(), frenchOfKinds(),
	} {
		maps.Copy(all, texts)
	}
	return all
}

// frenchGeneral are the texts of all commands.
func frenchGeneral() map[string]string {
	return map[string]string{
		"Print the script by which a shell completes commands: bash, zsh, fish or powershell": "" +
			"Afficher le script par lequel un shell complète les commandes : bash, zsh, fish ou powershell",
		"SHELL %q: must be one of bash, zsh, fish and powershell": "SHELL %q : doit être bash, zsh, fish ou powershell",
		"SHELL must be one of bash, zsh, fish and powershell":     "SHELL doit être bash, zsh, fish ou powershell",
		"[flags]":                "[options]",
		"(default ":              "(par défaut ",
		"--%s %q: %w":            "--%s %q : %w",
		"COMMAND":                "COMMANDE",
		"Commands:":              "Commandes :",
		"Examples:":              "Exemples :",
		"Flags of the group:":    "Options du groupe :",
		"Flags:":                 "Options :",
		"Usage:":                 "Utilisation :",
		"explain this command":   "expliquer cette commande",
		"Help about any command": "Expliquer une commande",
		"Help provides help for any command in the application.\nSimply type djamo help [path to command] for full " +
			"details.": "Explique n'importe quelle commande du programme.\nTapez djamo help suivi de la commande.",
		"%s %q: must be en or fr":                            "%s %q : doit être en ou fr",
		"--lang %q: must be en or fr":                        "--lang %q : doit être en ou fr",
		"%s: %q is no command: must be one of %s":            "%s : %q n'est pas une commande ; il faut l'une de celles-ci : %s",
		"%s: a command must follow: %s":                      "%s : il manque une commande : %s",
		"-%s is no flag of %s":                               "-%s n'est pas une option de %s",
		"-%s: flags have two dashes: type --%s":              "-%s : une option prend deux tirets ; tapez --%s",
		"--%s %q: must be a time such as \"20s\" or \"15m\"": "--%s %q : doit être une durée comme \"20s\" ou \"15m\"",
		"--%s %q: must be a whole number":                    "--%s %q : doit être un nombre entier",
		"--%s %q: must be true or false":                     "--%s %q : doit être true ou false",
		"--%s is no flag of %s: type flags behind the command that they are for": "" +
			"--%s n'est pas une option de %s : tapez les options après la commande à laquelle elles appartiennent",
		"--%s is no flag of %s":             "--%s n'est pas une option de %s",
		"--%s: a value must follow":         "--%s : il manque la valeur",
		"Next, type: %s":                    "Tapez ensuite : %s",
		"See: %s --help":                    "Voir : %s --help",
		"print the version of this program": "afficher la version de ce programme",
		"Print the version of this program": "Afficher la version de ce programme",
		"Send and collect money with Djamo, pay salaries, or develop against a fake API": "" +
			"Envoyer et encaisser de l'argent avec Djamo, payer des salaires, ou développer avec une fausse API",
		"language of what people read: `en|fr`; default: DJAMO_LANG, then the system's": "" +
			"langue des textes : `en|fr` ; par défaut celle de DJAMO_LANG, puis celle du système",
		"never ask, as without a terminal":             "ne jamais rien demander, comme sans terminal",
		"the program failed, start it again: %s\n\n%s": "le programme a échoué, relancez-le : %s\n\n%s",
		"--max-total %q: must be a whole number of francs, such as 50000": "" +
			"--max-total %q : doit être un nombre entier de francs, comme 50000",
		"--max-total is missing: --yes needs the most that may be sent, such as --max-total 50000": "" +
			"--max-total manque : avec --yes, il faut dire combien peut partir au plus, par exemple --max-total 50000",
		"--output %q: must be table, json or jsonl": "--output %q : doit être table, json ou jsonl",
		"--template: %w":                 "--template : %w",
		"--timeout %s: must be positive": "--timeout %s : doit être positif",
		"Go template for each object, with the API's names, such as '{{.id}} {{.status}}'": "" +
			"modèle Go pour chaque objet, avec les noms de l'API, par exemple '{{.id}} {{.status}}'",
		"`name` of the account in use: needed for whatever changes something in production": "" +
			"`nom` du compte utilisé : exigé pour tout ce qui change quelque chose en production",
		"`name` of the profile to use; default: DJAMO_PROFILE, then the one in use": "" +
			"`nom` du profil à utiliser ; par défaut celui de DJAMO_PROFILE, puis celui qui est choisi",
		"`table|json|jsonl`: for people, one JSON document, or one JSON object a line": "" +
			"`table|json|jsonl` : pour les personnes, un document JSON, ou un objet JSON par ligne",
		"confirm beforehand; needs --max-total":         "confirmer d'avance ; exige --max-total",
		"how long one request may take":                 "combien de temps une requête peut durer",
		"show what would be sent; the API is only read": "montrer ce qui serait envoyé ; l'API n'est que lue",
		"log every request, without its body, to standard error": "" +
			"journaliser chaque requête, sans son corps, sur la sortie d'erreur",
		"the most that may be sent, in `francs`": "ce qui peut partir au plus, en `francs`",
		"whole phone numbers in JSON and templates; they are masked otherwise": "" +
			"numéros de téléphone entiers en JSON et dans les modèles ; sinon ils sont masqués",
		"%w: %s":               "%w : %s",
		"interrupted":          "interrompu",
		"nothing was sent: %w": "rien n'a été envoyé : %w",
		"another program is sending under this reference right now": "" +
			"un autre programme envoie sous cette référence en ce moment",
		"nothing was sent: %q: %w":                            "rien n'a été envoyé : %q : %w",
		"nothing was sent: the journal cannot be written: %w": "rien n'a été envoyé : le journal ne peut pas être écrit : %w",
		"the outcome could not be written to the journal: %w": "l'issue n'a pas pu être écrite dans le journal : %w",
	}
}
