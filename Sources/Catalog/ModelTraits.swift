// ModelTraits lives in Core/ModelTraits.swift, because Dialects read it too; the catalogue fills it. Add fields there.
