"""Passwords that everybody tries first, and what a school's own people would: an offline list of our own.

Compared in lower case and without digits or signs at the end, so each stands for many: `Password2024!` is `password`.
"""

from typing import Final

_TEXT: Final = """
password passwort passw0rd p4ssword p4ssw0rd pass passpass mypassword newpassword thepassword passphrase
changeme changeit changethis letmein letmeinnow welcome welcometo welcomeback admin administrator adminadmin
root rootroot toor user username guest default secret topsecret supersecret test testtest testing tester
qwerty qwertyui qwertyuiop qwertz qwertzui qwertzuiop azerty azertyui asdf asdfasdf asdfgh asdfghjk asdfghjkl
zxcvbn zxcvbnm qazwsx qazwsxedc 1q2w3e 1q2w3e4r 1q2w3e4r5t 1qaz2wsx q1w2e3r4 abc abcabc abcd abcdabcd
iloveyou ilovejesus iloveu loveyou lovely love jesus jesuschrist god godisgood blessed faith heaven angel angels
monkey dragon tiger lion eagle eagles falcon falcons bulldog bulldogs wildcat wildcats panther panthers cougar
cougars wolverine wolverines bears bearcats hornet hornets knight knights warrior warriors raider raiders
viking vikings spartan spartans trojan trojans titan titans cardinal cardinals mustang mustangs rams bobcats
football baseball basketball soccer hockey volleyball softball wrestling cheerleader lacrosse
sunshine princess princesa shadow master superman batman spiderman ironman starwars pokemon naruto minecraft
fortnite roblox computer internet samsung google facebook whatsapp instagram youtube windows microsoft apple
summer winter spring autumn fall january february march april may june july august september october november
december monday tuesday wednesday thursday friday saturday sunday springbreak summertime christmas halloween
thanksgiving easter holiday vacation
school schools highschool middleschool elementary primaryschool kindergarten district campus campusedge
campus-edge teacher teachers teaching student students principal superintendent substitute librarian library
classroom homework education academy academia university college graduation graduate learning learner reading
readings mathematics science history english geography chemistry biology physics
lockdown lock-down panic panicbutton emergency security securityguard safety safeschool safetyfirst frontoffice
front-office facilities maintenance custodian janitor technician dispatch police firealarm evacuate shelter
michael jennifer jessica ashley jordan matthew daniel thomas charlie andrew robert joshua anthony nicole
hannah madison samantha elizabeth alexander william benjamin christopher stephanie
chocolate cookie cookies cheese pepper banana orange coffee pizza chicken
lincoln washington jefferson roosevelt kennedy madison jackson franklin america american usa unitedstates
freedom liberty patriot patriots chicago newyork texas california florida illinois michigan
trustno trustnoone whatever nothing forget forgotten idontknow dontknow nopassword nopass blank
correcthorsebatterystaple correct-horse-battery-staple hunter flower flowers butterfly rainbow unicorn
purple yellow orange silver golden diamond crystal
"""
_OTHERS: Final = {
    "correct horse battery staple",
    "i love you",
    "let me in",
    "open sesame",
    "12345678",
    "123456789",
    "1234567890",
    "11111111",
    "00000000",
    "88888888",
    "12341234",
    "12121212",
    "123123123",
    "11223344",
    "87654321",
    "13579246",
    "31415926",
    "14789632",
    "147258369",
    "159357456",
    "987654321",
    "0987654321",
    "0123456789",
    "01234567",
}
WORDS: Final = frozenset(_TEXT.split()) | _OTHERS
