package lang

// frenchAudit are the texts about the audit log.
func frenchAudit() map[string]string {
	return map[string]string{
		"Verify, export and sign the record of what was read under which consent": "" +
			"Vérifier, exporter et signer la trace de ce qui a été lu, sous quel consentement",
		"Every read of a wallet or an account, and whatever happens to a consent, is a row of a log in the database. Rows are " +
			"chained\nby hashes, so that one that was altered, deleted or moved is found.": "" +
			"Chaque lecture d'un portefeuille ou d'un compte, et tout ce qui arrive à un consentement, est une ligne d'un journal " +
			"d'audit\ndans la base. Les lignes sont chaînées par des empreintes : celle qui a été modifiée, supprimée ou déplacée se " +
			"voit.",
		"Delete the rows whose retention is over": "Supprimer les lignes dont le délai de conservation est passé",
		`Verifies the log, and deletes the rows from before a day: they cannot be brought back, so export them first if anybody may want
them. What is left is verified as before, and a row of each chain says what went. Nothing is deleted of a log that was altered.
With a checkpoint, nothing is deleted that was written after it. Write a checkpoint afterwards: those from before the rows that
are left prove nothing any more.

The law of the WAEMU on book-keeping and against money laundering demands that rows are kept for ten years.

Exit codes:
  0   the rows are deleted, or there were none
  1   anything else: run it again
  3   the log was altered, or the checkpoint cannot be trusted: a person must look at it
  64  bad input: nothing was done`: `Vérifie le journal, et supprime définitivement les lignes antérieures à un jour :
exportez-les d'abord si quelqu'un peut en avoir besoin. Ce qui reste se vérifie comme avant, et une ligne de chaque chaîne
dit ce qui a été supprimé. Rien n'est supprimé d'un journal altéré. Avec un point de contrôle, rien n'est supprimé qui ait
été écrit après lui. Écrivez ensuite un nouveau point de contrôle : ceux qui datent d'avant les lignes restantes ne prouvent
plus rien.

Le droit comptable et les textes de l'UEMOA contre le blanchiment exigent dix ans de conservation.

Codes de sortie :
  0   les lignes sont supprimées, ou il n'y en avait pas
  1   toute autre erreur : relancez la commande
  3   le journal a été altéré, ou le point de contrôle n'est pas fiable : une personne doit s'en occuper
  64  entrée incorrecte : rien n'a été fait`,
		"--before %s: must be in the past": "--before %s : doit être passé",
		"--checkpoint: row %d of %s was written after it, and would be deleted: write another checkpoint; nothing was done": "" +
			"--checkpoint : la ligne %d de %s a été écrite après lui, et serait supprimée : écrivez un autre point de contrôle ; " +
			"rien n'a été fait",
		"the log was altered, so nothing was deleted: the first bad row is %d of %s": "" +
			"le journal a été altéré, donc rien n'a été supprimé : la première ligne fautive est la %d de %s",
		"delete rows from before this day (UTC), such as 2016-01-01": "" +
			"supprimer les lignes d'avant ce jour (UTC), comme 2016-01-01",
		"Look for rows that were altered, deleted or moved": "Chercher les lignes modifiées, supprimées ou déplacées",
		`Reads the whole log and prints what it found as one JSON object: rows, chains, rows that the retention has taken (pruned), bad
chains, and for each bad one (the first hundred) its first bad row. With a checkpoint it also finds rows that were cut off at the
end, even where the record of that end went with them, and a log that was written anew. A million rows take some ten seconds.

Exit codes:
  0   nothing was altered
  1   anything else, such as a database that cannot be reached: run it again
  3   the log was altered, or the checkpoint cannot be trusted: a person must look at it
  64  bad input`: `Lit tout le journal et écrit le résultat sous la forme d'un objet JSON : lignes, chaînes, lignes supprimées après le
délai de conservation (pruned), chaînes altérées et, pour chacune (les cent premières), sa première ligne fautive. Avec un
point de contrôle, trouve aussi des lignes coupées à la fin, même si l'indication de cette fin a disparu avec elles, et un
journal réécrit. Un million de lignes prend une dizaine de secondes.

Codes de sortie :
  0   rien n'a été altéré
  1   toute autre erreur, comme une base injoignable : relancez la commande
  3   le journal a été altéré, ou le point de contrôle n'est pas fiable : une personne doit s'en occuper
  64  entrée incorrecte`,
		"file of a checkpoint to compare with; - for standard input":  "fichier du point de contrôle à comparer ; - pour l'entrée standard",
		"file of the public key of who signed the checkpoint, in PEM": "fichier de la clé publique du signataire du point de contrôle, en PEM",
		"the log was altered: %d of its chains are bad, and the first bad row is %d of %s": "" +
			"le journal a été altéré : %d de ses chaînes sont fautives, et la première ligne fautive est la %d de %s",
		"--checkpoint: must be given with --public-key": "--checkpoint : doit accompagner --public-key",
		"--public-key: must be given with --checkpoint: whoever can write a file can write a checkpoint": "" +
			"--public-key : doit accompagner --checkpoint ; qui peut écrire un fichier peut écrire un point de contrôle",
		"--public-key: %s cannot be read: %s": "--public-key : %s ne peut pas être lu : %s",
		"--public-key: %s: %s":                "--public-key : %s : %s",
		"--checkpoint: %s cannot be read: %s": "--checkpoint : %s ne peut pas être lu : %s",
		"Print the log for an auditor, as CSV or as JSON lines": "" +
			"Écrire le journal pour un auditeur, en CSV ou en lignes JSON",
		"Prints each use of a consent: time, wallet or account, consent (a keyed hash of its id), action, scope, hash of the " +
			"request,\nresponse code, number of items, names of the fields that were kept, and its place in the chain. Reads that found " +
			"nothing\nare one row for each hour. There is no token, no amount and no name in it.": "" +
			"Écrit chaque usage d'un consentement : heure, portefeuille ou compte, consentement (une empreinte à clé de son id), " +
			"action,\nportée, empreinte de la requête, code de réponse, nombre d'éléments, noms des champs conservés et place dans la " +
			"chaîne.\nLes lectures qui n'ont rien trouvé font une ligne par heure. Il n'y a ni jeton, ni montant, ni nom.",
		"--format %q: must be csv or jsonl":         "--format %q : doit être csv ou jsonl",
		"--%s %q: must be a day such as 2026-01-31": "--%s %q : doit être un jour comme 2026-01-31",
		"only this wallet or account; consent:HASH for what happened to a consent": "" +
			"seulement ce portefeuille ou ce compte ; consent:EMPREINTE pour ce qui est arrivé à un consentement",
		"csv or jsonl": "csv ou jsonl",
		"only from this day on (UTC), such as 2026-01-31": "seulement à partir de ce jour (UTC), comme 2026-01-31",
		"only before this day (UTC), such as 2026-02-28":  "seulement avant ce jour (UTC), comme 2026-02-28",
		"Sign where the log stands now, to be kept where nobody can alter it": "" +
			"Signer l'état actuel du journal ; à garder là où personne ne peut le modifier",
		`Writes where each chain stands, signed with ed25519: whatever is cut off or written anew later differs from it. Keep it out of
the reach of whoever can write to the database, for example in a bucket with object lock, and verify the log before.

Make the keys once, and keep the private one away from the database:
  openssl genpkey -algorithm ed25519 -out audit.key
  openssl pkey -in audit.key -pubout -out audit.pub`: "" +
			`Écrit l'état de chaque chaîne, signé avec ed25519 : ce qui sera ensuite coupé ou réécrit se verra. Gardez ce point de contrôle
hors de portée de qui peut écrire dans la base, par exemple dans un bucket à verrouillage d'objets, et vérifiez d'abord le
journal.

Créez les clés une fois, et gardez la clé privée loin de la base :
  openssl genpkey -algorithm ed25519 -out audit.key
  openssl pkey -in audit.key -pubout -out audit.pub`,
		"--key: must be given":            "--key : est obligatoire",
		"--key: %s cannot be read: %s":    "--key : %s ne peut pas être lu : %s",
		"--key: %s: %s":                   "--key : %s : %s",
		"file of the private key, in PEM": "fichier de la clé privée, en PEM",
		"file to write to, which must not be there yet; default: standard output": "" +
			"fichier à écrire, qui ne doit pas exister ; par défaut la sortie standard",
		"--out: %s cannot be made: %s":          "--out : %s ne peut pas être créé : %s",
		"%d rows of %d chains are signed in %s": "%d lignes de %d chaînes sont signées dans %s",
		"interrupted: type the command again":   "interrompu : relancez la commande",
	}
}
