package lang

// frenchEvents are the texts about events.
func frenchEvents() map[string]string {
	return map[string]string{
		"event %q cannot be read: %w":                        "l'événement %q est illisible : %w",
		"events cannot be kept: %w":                          "les événements ne peuvent pas être gardés : %w",
		"there is no event %q: djamo events list shows them": "il n'y a pas d'événement %q : djamo events list les montre",
		"--edit: there is no terminal for an editor":         "--edit : il n'y a pas de terminal pour un éditeur",
		"--to is missing: this event was not handed on to any program": "" +
			"--to manque : cet événement n'a été transmis à aucun programme",
		"ANSWER":    "RÉPONSE",
		"EVENT":     "ÉVÉNEMENT",
		"OBJECT":    "OBJET",
		"TIME":      "HEURE",
		"answer":    "réponse",
		"no answer": "pas de réponse",
		"event":     "événement",
		"sent to":   "envoyé à",
		"EVENT must be the name of one event: djamo events list shows them": "" +
			"EVENT doit être le nom d'un événement : djamo events list les montre",
		"List the events that djamo listen has received, newest first": "" +
			"Lister les événements que djamo listen a reçus, du plus récent au plus ancien",
		"Look at the events that were received, and send them again": "Regarder les événements reçus, et les renvoyer",
		"Send an event to your program again, with the same bytes and signature": "" +
			"Renvoyer un événement à votre programme, avec les mêmes octets et la même signature",
		"Sends an event again. With --edit you change its body first, in the editor of VISUAL or EDITOR; it is then " +
			"signed anew with\nthe secret of DJAMO_WEBHOOK_SECRET.": "" +
			"Renvoie un événement. Avec --edit vous changez d'abord son corps, dans l'éditeur de VISUAL ou EDITOR ; il est " +
			"alors signé de\nnouveau avec le secret de DJAMO_WEBHOOK_SECRET.",
		"There are none. djamo listen receives them.":              "Il n'y en a pas. djamo listen les reçoit.",
		"`address` of your program; default: where it went before": "`adresse` de votre programme ; par défaut celle d'avant",
		"change the body first":                                    "changer d'abord le corps",
		"have the sandbox whose pages are at this `address` deliver its event again": "" +
			"faire renvoyer son événement par le bac à sable dont les pages sont à cette `adresse`",
		"the editor %q failed: %w; set EDITOR to another one":    "l'éditeur %q a échoué : %w ; indiquez-en un autre dans EDITOR",
		"those of the sandbox whose pages are at this `address`": "ceux du bac à sable dont les pages sont à cette `adresse`",
		"your program did not take the event":                    "votre programme n'a pas accepté l'événement",
		"%s %q: must be an address such as http://localhost:3000/webhooks": "" +
			"%s %q : doit être une adresse comme http://localhost:3000/webhooks",
		"%s does not answer: %w": "%s ne répond pas : %w",
		"--addr %q: %w; choose another address, or end the program that listens there": "" +
			"--addr %q : %w ; choisissez une autre adresse, ou arrêtez le programme qui y écoute",
		"--forward-timeout %s: must be positive": "--forward-timeout %s : doit être positif",
		"A delivery was refused: %s":             "Un envoi a été refusé : %s",
		"A delivery was refused: its body could not be read, or is longer than 1 MiB.": "" +
			"Un envoi a été refusé : son corps est illisible, ou dépasse 1 Mio.",
		"Ready: listening on http://%s. Let your tunnel lead here. End it with Ctrl-C.": "" +
			"Prêt : à l'écoute sur http://%s. Faites-y aboutir votre tunnel. Ctrl-C pour arrêter.",
		"Receive events, show them, and hand them on to a program of yours": "" +
			"Recevoir des événements, les montrer, et les transmettre à votre programme",
		"Receives deliveries behind a tunnel of yours, or those that a sandbox makes. Each is verified, shown and " +
			"kept, and handed on\nbyte for byte with its signature; the sender gets the status of your program. The secret " +
			"is that of\nDJAMO_WEBHOOK_SECRET. Nothing is registered with Djamo: that cannot be undone, and is for djamo " +
			"webhooks create.": "" +
			"Reçoit des envois derrière votre propre tunnel, ou ceux d'un bac à sable. Chacun est vérifié, montré et gardé, " +
			"puis transmis octet\npour octet avec sa signature ; l'expéditeur reçoit le code de votre programme. Le secret " +
			"est celui de\nDJAMO_WEBHOOK_SECRET. Rien n'est inscrit chez Djamo : cela ne s'annule pas, et se fait par " +
			"djamo webhooks create.",
		"Your program did not take it (%s). To send it again, type: djamo events resend %s": "" +
			"Votre programme ne l'a pas accepté (%s). Pour le renvoyer, tapez : djamo events resend %s",
		"`address` of your program that events are handed on to": "`adresse` de votre programme, où les événements sont transmis",
		"how long your program may take to answer":               "combien de temps votre programme peut mettre à répondre",
		"only these, such as transactions/completed,charge/events": "" +
			"seulement ceux-ci, comme transactions/completed,charge/events",
		"print the secret that signs the events, and nothing else": "afficher le secret qui signe les événements, et rien d'autre",
		"take the events of the sandbox whose pages are at this `address`": "" +
			"prendre les événements du bac à sable dont les pages sont à cette `adresse`",
		"where to listen, host:port; your tunnel leads here": "où écouter, hôte:port ; votre tunnel y mène",
		"%s: this is a token of Djamo's, which no sandbox must get": "" +
			"%s : c'est un jeton de Djamo, qu'aucun bac à sable ne doit recevoir",
		"It sends no events yet, since no address is registered: type djamo webhooks create, or have your program " +
			"register one.": "" +
			"Il n'envoie encore rien, car aucune adresse n'est inscrite : tapez djamo webhooks create, ou faites-en " +
			"inscrire une par votre programme.",
		"Ready: following the sandbox at %s. End it with Ctrl-C.": "Prêt : à l'écoute du bac à sable de %s. Ctrl-C pour arrêter.",
		"The sandbox does not answer; trying again until it does.": "" +
			"Le bac à sable ne répond pas ; nouveaux essais jusqu'à ce qu'il réponde.",
		"The sandbox is back.": "Le bac à sable répond de nouveau.",
		"no sandbox answers at %s: start one with: djamo sandbox start": "" +
			"aucun bac à sable ne répond à %s : démarrez-en un avec : djamo sandbox start",
		"Events lost: %d. They were made while nobody followed, and the sandbox remembers the latest only.": "" +
			"Événements perdus : %d. Ils sont venus sans que personne n'écoute, et le bac à sable ne retient que les derniers.",
		"Events that cannot be read are left out: %d.": "Événements illisibles, laissés de côté : %d.",
		"there is no sandbox there: what answers does not say how it stands": "" +
			"il n'y a pas là de bac à sable : ce qui répond ne dit pas où il en est",
		"there is no sandbox there: what answers does not have this event": "" +
			"il n'y a pas là de bac à sable : ce qui répond n'a pas cet événement",
		"%s does not answer: its status is %d":                 "%s ne répond pas : son code est %d",
		"the sandbox at %s broke off: %w":                      "le bac à sable de %s s'est interrompu : %w",
		"the sandbox refused: %d %s":                           "le bac à sable a refusé : %d %s",
		"there is no sandbox at %s: its answer cannot be read": "il n'y a pas de bac à sable à %s : sa réponse est illisible",
		"--addr: give --addr or --from-sandbox, not both":      "--addr : donnez --addr ou --from-sandbox, pas les deux",
		"--topics %q: must be one of %s":                       "--topics %q : doit être l'un de %s",
		"--set %s: must be one of %s":                          "--set %s : doit être l'un de %s",
		"--set %s=%s: must be a whole number of francs":        "--set %s=%s : doit être un nombre entier de francs",
		"--to %q: must be on this machine: a made-up event must not reach a real program": "" +
			"--to %q : doit être sur cette machine : un événement inventé ne doit pas atteindre un vrai programme",
		"Make an event happen in a sandbox, or send a sample of it to a program on this machine": "" +
			"Provoquer un événement dans un bac à sable, ou en envoyer un exemple à un programme de cette machine",
		"Makes a transfer or charge in a sandbox and moves it to where its event is sent: the event is a real one. " +
			"With --to a signed\nsample goes straight to a program on this machine, and no sandbox is needed. It refuses " +
			"every account that is no sandbox.\ndjamo sandbox reset removes what was made.": "" +
			"Crée un transfert ou un encaissement dans un bac à sable et l'amène à l'état qui déclenche son événement : " +
			"c'est un véritable événement. Avec --to,\nun exemple signé va droit à un programme de cette machine, sans bac à sable. Refuse " +
			"tout compte qui n'est pas un bac à sable.\ndjamo sandbox reset efface ce qui a été créé.",
		"TOPIC must be one of %s": "TOPIC doit être l'un de %s",
		"`address` of a program on this machine that gets a sample instead": "" +
			"`adresse` d'un programme de cette machine qui reçoit plutôt un exemple",
		"`address` of the sandbox's pages": "`adresse` des pages du bac à sable",
		"a field of the object and its value, such as amount=25000; may be repeated": "" +
			"un champ de l'objet et sa valeur, comme amount=25000 ; peut être répété",
	}
}
